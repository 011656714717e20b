//! Why an installation cannot be prepared or started.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;

use bailiwick_gateway::listen::unstartable::Unstartable;

/// What went wrong on the way up.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// A directory or a file of the installation.
    #[error("{path}: {source}")]
    File {
        /// Which.
        path: PathBuf,
        /// What the operating system says.
        source: io::Error,
    },
    /// The key that secrets are sealed with is not there or is not one.
    #[error("{0} is not a sealing key: 64 hexadecimal digits, as `bailiwick init` writes it")]
    SealKey(PathBuf),
    /// The directory was prepared before.
    #[error("{0} holds an installation already")]
    Installed(PathBuf),
    /// An address cannot be listened on.
    #[error("cannot listen on {address}: {source}")]
    Listen {
        /// Which.
        address: SocketAddr,
        /// What the operating system says.
        source: io::Error,
    },
    /// The issuer of another process cannot be known.
    #[error("authority.issuer is not set, and the port of authority.listen is left to chance")]
    IssuerUnknown,
    /// The gateway of another process cannot be known.
    #[error("gateway.public_url is not set, and the port of gateway.listen is left to chance")]
    PublicUrlUnknown,
    /// A secret is not where the configuration says.
    #[error("the variable {0} is not set, and the configuration says that a secret is in it")]
    VariableMissing(String),
    /// A webhook's secret is too short, or no base64.
    #[error(
        "the secret of the approval webhook `{0}` is none: write 32 to 128 characters, or `whsec_` \
         and base64 of as many bytes"
    )]
    WebhookSecret(String),
    /// The store.
    #[error("the store cannot be used: {0}")]
    Store(#[from] bailiwick_store::Fault),
    /// Sealing.
    #[error("secrets cannot be sealed: {0}")]
    Vault(#[from] bailiwick_vault::seal::Fault),
    /// Asking others for keys.
    #[error("no keys can be fetched: {0}")]
    Outside(#[from] bailiwick_fetch::Unusable),
    /// The authority.
    #[error("the authority cannot start: {0}")]
    Authority(#[from] bailiwick_authority::Fault),
    /// The authority's certificate or key.
    #[error("the authority cannot serve TLS: {0}")]
    AuthorityTls(#[source] Unstartable),
    /// The gateway.
    #[error("the gateway cannot start: {0}")]
    Gateway(#[from] Unstartable),
}

impl Fault {
    pub(super) fn file(path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::File { path, source }
    }
}
