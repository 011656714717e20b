//! Who may exchange a token, where that is to be one agent alone (RFC 8693, section 4.4).

use bailiwick_domain::agent::Name;
use bailiwick_domain::id::AgentId;
use bailiwick_store::Tx;

use crate::authority::Authority;
use crate::fault::Fault;
use crate::issue::client::Client;
use crate::issue::form::Form;
use crate::issue::refused::Refused;

/// The subject of the agent that `may_act` names by its id, its subject or, within the client's
/// project, its name.
pub(crate) async fn named(
    authority: &Authority,
    tx: &mut Tx,
    form: &Form,
    client: &Client,
) -> Result<Option<String>, Refused> {
    let Some(text) = form.may_act.as_deref() else { return Ok(None) };
    let trust_domain = &authority.settings.trust_domain;
    let found = match (text.parse::<AgentId>(), subject(text, trust_domain)) {
        (Ok(id), _) => tx.agents().find(id).await,
        (_, Some((project, name))) => tx.agents().find_named(&project, &name).await,
        (Err(_), None) => match text.parse() {
            Ok(name) => tx.agents().find_named(&client.agent.project, &name).await,
            Err(_) => Ok(None),
        },
    };
    let found = found.map_err(Fault::from)?;
    let nobody = Refused::InvalidRequest("may_act names no agent here");
    Ok(Some(found.ok_or(nobody)?.subject(trust_domain)))
}

fn subject(text: &str, trust_domain: &str) -> Option<(Name, Name)> {
    let path = text.strip_prefix("spiffe://")?.strip_prefix(trust_domain)?.strip_prefix('/')?;
    let (project, name) = path.split_once('/')?;
    Some((project.parse().ok()?, name.parse().ok()?))
}
