//! Who asks a person for consent.

use bailiwick_domain::agent::Agent;
use bailiwick_domain::client::ClientRegistration;
use bailiwick_domain::id::AgentId;

use crate::authority::Authority;
use crate::clients::{document, find};
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

/// The client of this id; one with a document by what that says now.
pub(crate) async fn find(authority: &Authority, client_id: &str) -> Result<Requester, Refusal> {
    if client_id.parse::<AgentId>().is_err() && client_id.contains(':') {
        return document::find(authority, client_id).await;
    }
    let found = find::find(authority, &mut authority.store.read().await?, client_id).await?;
    let (agent, registration) = found.ok_or_else(unknown)?;
    Ok(Requester { client_id: client_id.to_owned(), agent, registration, admitted: true })
}

/// No client goes by that id.
pub(crate) fn unknown() -> Refusal {
    Refusal::Malformed("client_id is not one of a client that is registered here".to_owned())
}
