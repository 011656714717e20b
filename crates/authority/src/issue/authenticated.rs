//! What authentication at the token endpoint comes to.

use bailiwick_domain::agent::Agent;
use bailiwick_domain::credential::Key;
use bailiwick_proof::jwt::Confirmation;

/// A client that has proven itself, and what a token for it can be bound to.
#[derive(Debug)]
pub(crate) struct Client {
    /// The agent.
    pub(crate) agent: Agent,
    /// The credential by which it did.
    pub(crate) key: Key,
    /// What it proved to hold, if that can be shown again with each request.
    pub(crate) holds: Option<Confirmation>,
}
