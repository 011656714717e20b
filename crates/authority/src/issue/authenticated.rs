//! What authentication at the token endpoint comes to.

use bailiwick_domain::agent::Agent;
use bailiwick_domain::credential::Key;
use bailiwick_domain::scope::ScopeSet;
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

impl Client {
    /// The most it may be granted: what its agent may, and its credential may be used for.
    pub(crate) fn ceiling(&self) -> ScopeSet {
        match &self.key.scopes {
            Some(scopes) => self.agent.scopes.intersection(scopes),
            None => self.agent.scopes.clone(),
        }
    }
}
