//! What goes wrong on this side. The caller sees `unavailable` and a request id; the log sees why.

use bailiwick_ledger::checkpoint::NotAKey;
use bailiwick_proof::keys::KeyError;

/// A fault of the authority or of what it stands on.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// The store did not do what it was asked.
    #[error("the store failed, nothing was changed")]
    Store(#[from] bailiwick_store::Fault),
    /// A sealed secret did not open, or could not be sealed.
    #[error("a secret could not be sealed or opened")]
    Vault(#[from] bailiwick_vault::seal::Fault),
    /// A stored key is not a key, or could not be used.
    #[error("a key cannot be used")]
    Key(#[from] KeyError),
    /// The name of the ledger is not one that a checkpoint can bear.
    #[error("the ledger cannot be signed")]
    Origin(#[from] NotAKey),
    /// The issuer is not one.
    #[error("issuer `{0}` is not an origin: write `https://host` or `https://host:port`, no path")]
    Issuer(String),
    /// Tokens would live for no time, or for longer than a day.
    #[error("a token cannot live for {0} s: write 1 to 86400")]
    TokenTtl(u32),
    /// Keys would sign for no time, or for longer than a year.
    #[error("a key cannot sign for {0} days: write 1 to 365")]
    SigningKeyDays(u32),
    /// Nothing could be delegated, or more often than a token can tell.
    #[error("authority cannot be delegated {0} times over: write 1 to 16")]
    DelegationDepth(u32),
    /// The description of an API is none.
    #[error("the description of `{api}` cannot be used: {reason}")]
    Document {
        /// The name of the API.
        api: String,
        /// Why.
        reason: String,
    },
    /// A file of the ledger could not be read.
    #[error("a file of the ledger could not be read")]
    File(#[source] std::io::Error),
    /// The ledger does not prove what is in it.
    #[error("the ledger does not prove a record that is in it")]
    Ledger(#[source] bailiwick_ledger::proof::Unprovable),
    /// The server that accepted the connection does not say where it came from.
    #[error("where the request came from is not known")]
    PeerUnknown,
    /// A page could not be written.
    #[error("a page could not be written")]
    Page(#[source] askama::Error),
    /// Something stored does not read back.
    #[error("what is stored does not read back: {0}")]
    Corrupt(&'static str),
}

impl Fault {
    /// Writes the fault and every source of it to the log, in the request's span.
    pub(crate) fn log(&self) {
        let mut text = self.to_string();
        let mut source = std::error::Error::source(self);
        while let Some(cause) = source {
            text.push_str(": ");
            text.push_str(&cause.to_string());
            source = cause.source();
        }
        tracing::error!(fault = %text, "the request could not be served");
    }
}
