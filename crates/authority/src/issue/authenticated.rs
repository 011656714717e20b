//! What authentication at the token endpoint comes to.

use bailiwick_proof::jwt::Confirmation;

use crate::prove::Proven;

/// A client that has proven itself, and what a token for it can be bound to.
#[derive(Debug)]
pub(crate) struct Client {
    /// The agent, and the credential by which it did.
    pub(crate) proven: Proven,
    /// What it proved to hold, if that can be shown again with each request.
    pub(crate) holds: Option<Confirmation>,
}
