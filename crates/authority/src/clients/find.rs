//! Which agent a `client_id` names.

use bailiwick_domain::agent::Agent;
use bailiwick_domain::client::ClientRegistration;
use bailiwick_domain::id::AgentId;
use bailiwick_store::Tx;

use crate::authority::Authority;
use crate::fault::Fault;

/// The agent and its registration, by the agent's id, or by the URL of its document where those are
/// taken. Nobody is asked about the document here.
pub(crate) async fn find(
    authority: &Authority,
    tx: &mut Tx,
    client_id: &str,
) -> Result<Option<(Agent, ClientRegistration)>, Fault> {
    let registration = match client_id.parse::<AgentId>() {
        Ok(id) => tx.clients().find(id).await?,
        Err(_) if authority.settings.client_documents.is_some() => {
            tx.clients().find_document(client_id).await?
        }
        Err(_) => None,
    };
    let Some(registration) = registration else { return Ok(None) };
    let agent = tx.agents().find(registration.agent).await?;
    let agent = agent.ok_or(Fault::Corrupt("a client without its agent"))?;
    Ok(Some((agent, registration)))
}
