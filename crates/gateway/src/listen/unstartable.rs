//! Why a gateway does not start.

use std::io;
use std::net::SocketAddr;

use bailiwick_domain::operation::Ambiguous;
use bailiwick_store::journal;

use crate::signer::Keyless;
use crate::upstream::endpoint::Unusable;

/// Why a gateway does not start.
#[derive(Debug, thiserror::Error)]
pub enum Unstartable {
    /// The address cannot be listened on.
    #[error("cannot listen on {address}: {error}")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// What is wrong with it.
        error: io::Error,
    },
    /// A thread or its runtime cannot be started.
    #[error("a core cannot be started: {0}")]
    Core(io::Error),
    /// Certificate or key cannot be used.
    #[error("tls: {0}")]
    Tls(String),
    /// An upstream cannot be used.
    #[error("api `{api}`: {error}")]
    Upstream {
        /// The API.
        api: String,
        /// What is wrong with its upstream.
        error: Unusable,
    },
    /// Operations cannot be told apart.
    #[error(transparent)]
    Ambiguous(#[from] Ambiguous),
    /// The store does not answer.
    #[error("the store does not answer: {0}")]
    Store(#[from] bailiwick_store::Fault),
    /// There is no key to tell APIs of requests with.
    #[error(transparent)]
    Keyless(#[from] Keyless),
    /// The journal cannot be written.
    #[error("the journal cannot be written: {0}")]
    Journal(#[from] journal::Fault),
}
