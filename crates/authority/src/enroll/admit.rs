//! Letting an applicant in: agent and key, within one transaction.

use bailiwick_domain::agent::{Agent, Name, State};
use bailiwick_domain::credential::Key;
use bailiwick_domain::id::AgentId;
use bailiwick_domain::lookalike;
use bailiwick_domain::scope::ScopeSet;
use bailiwick_store::Tx;

use crate::authority::Authority;
use crate::enroll::applicant::Applicant;
use crate::fault::Fault;
use crate::govern::names;
use crate::refusal::Refusal;

/// As what an applicant is let in.
#[derive(Debug)]
pub(crate) struct Place {
    /// The project.
    pub(crate) project: Name,
    /// Whether it may act at once.
    pub(crate) state: State,
    /// The most it may be granted.
    pub(crate) scopes: ScopeSet,
}

/// Adds the agent and its key; refused alike when the name, one that looks like it or the key is
/// somebody's, or the name is reserved.
pub(crate) async fn admit(
    authority: &Authority,
    tx: &mut Tx,
    applicant: Applicant,
    place: Place,
) -> Result<(Agent, Key), Refusal> {
    check_free(authority, tx, &applicant, &place.project).await?;
    let now = authority.now();
    let agent = Agent {
        id: AgentId::fresh(now, &authority.entropy),
        project: place.project,
        name: applicant.name,
        owner: applicant.owner,
        purpose: applicant.purpose,
        kind: applicant.kind,
        state: place.state,
        scopes: place.scopes,
        broad_because: None,
        limit: None,
        networks: Vec::new(),
        refused: None,
        created_at: now,
        updated_at: now,
    };
    let key = applicant.key.key_of(&agent, authority);
    tx.agents().insert(&agent).await?;
    tx.keys().insert(&key).await?;
    Ok((agent, key))
}

/// Everything is looked up whatever is found first, so that how long it takes tells nothing either.
/// The log says what the applicant is not told.
async fn check_free(
    authority: &Authority,
    tx: &mut Tx,
    applicant: &Applicant,
    project: &Name,
) -> Result<(), Refusal> {
    let thumbprint = applicant.key.thumbprint();
    let name_of = names::holder(tx, project, &applicant.name, authority.now()).await?;
    let key_of = match tx.keys().find_thumbprint(thumbprint).await? {
        Some(key) => {
            let agent = tx.agents().find(key.agent).await?;
            Some(agent.ok_or(Fault::Corrupt("a key without its agent"))?)
        }
        None => None,
    };
    let reserved = lookalike::is_reserved(&applicant.name);
    if name_of.is_none() && key_of.is_none() && !reserved {
        return Ok(());
    }
    tracing::warn!(
        %project,
        name = %applicant.name,
        thumbprint,
        name_of = name_of.as_ref().map(said),
        key_of = key_of.as_ref().map(said),
        reserved,
        "an applicant wants a name or a key that it cannot have"
    );
    Err(Refusal::IdentityTaken)
}

fn said(agent: &Agent) -> String {
    format!("{} {}/{} {}", agent.id, agent.project, agent.name, agent.state)
}
