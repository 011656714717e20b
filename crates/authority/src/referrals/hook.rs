//! Webhooks that requests are put before, as the configuration says them.

use std::fmt;

use bailiwick_fetch::Url;
use bailiwick_proof::keys::MacKey;

/// A server of an operator's that is told of requests that wait, and says what people decided.
#[derive(Clone)]
pub struct ApprovalWebhook {
    /// What it is called in paths: a-z, 0-9 and `-`.
    pub name: String,
    /// Where it is told.
    pub url: Url,
    /// What both sides sign with (Standard Webhooks).
    pub secret: MacKey,
}

/// Without the secret.
impl fmt::Debug for ApprovalWebhook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ApprovalWebhook({} {})", self.name, self.url)
    }
}
