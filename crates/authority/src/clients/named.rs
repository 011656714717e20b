//! Which client a `client_id` names, as it asks a person.

use bailiwick_domain::id::AgentId;

use crate::authority::Authority;
use crate::clients::requester::{Requester, unknown};
use crate::clients::{document, find};
use crate::refusal::Refusal;

/// The client of this id; one with a document by what that says now.
pub(crate) async fn find(authority: &Authority, client_id: &str) -> Result<Requester, Refusal> {
    if client_id.parse::<AgentId>().is_err() && client_id.contains(':') {
        return document::find(authority, client_id).await;
    }
    let found = find::find(authority, &mut authority.store.read().await?, client_id).await?;
    let (agent, registration) = found.ok_or_else(unknown)?;
    Ok(Requester { client_id: client_id.to_owned(), agent, registration, admitted: true })
}
