//! Who asks a person for consent.

use bailiwick_domain::agent::Agent;
use bailiwick_domain::client::ClientRegistration;

use crate::refusal::Refusal;

/// An agent as a client that asks.
#[derive(Debug, Clone)]
pub(crate) struct Requester {
    /// Its `client_id`, as it says it.
    pub(crate) client_id: String,
    /// The agent.
    pub(crate) agent: Agent,
    /// Its registration.
    pub(crate) registration: ClientRegistration,
    /// Whether it is known here. A client with a document becomes so when the first person
    /// consents, so that a stranger's request leaves nothing behind.
    pub(crate) admitted: bool,
}

/// No client goes by that id.
pub(crate) fn unknown() -> Refusal {
    Refusal::Malformed("client_id is not one of a client that is registered here".to_owned())
}
