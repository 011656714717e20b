//! Requests to come in: approved and refused by operators.

use bailiwick_domain::agent::Agent;
use bailiwick_domain::scope::ScopeSet;

use crate::authority::Authority;
use crate::govern::agents::{self, Address};
use crate::govern::{effect, projects};
use crate::refusal::Refusal;

/// Why a request is refused when the operator does not say.
const UNSAID: &str = "no reason was given";

/// What an approved agent may be granted at most.
#[derive(Debug, Default)]
pub(crate) struct Approval {
    /// These; the ceiling of its project, as it is now, when absent.
    pub(crate) scopes: Option<ScopeSet>,
    /// Why one of them is broad.
    pub(crate) broad_because: Option<String>,
}

/// Approves a pending agent: it may act from its next request on.
pub(crate) async fn approve(
    authority: &Authority,
    address: &Address,
    approval: Approval,
) -> Result<Agent, Refusal> {
    let mut tx = authority.store.begin().await?;
    let agent = agents::find(&mut tx, address).await?;
    let scopes = match approval.scopes {
        Some(scopes) => scopes,
        None => projects::named(&mut tx, &agent.project).await?.scopes,
    };
    agents::check_broad(&scopes, &ScopeSet::default(), approval.broad_because.as_ref())?;
    let broad = !agents::broad(&scopes).is_empty();
    let mut agent = agent.approve(scopes, authority.now())?;
    agent.broad_because = approval.broad_because.filter(|_| broad);
    tx.agents().update(&agent).await?;
    effect::save(tx).await?;
    Ok(agent)
}

/// Refuses a pending agent. It is retired without ever having acted, so its name is free again; its
/// key is not.
pub(crate) async fn refuse(
    authority: &Authority,
    address: &Address,
    because: Option<String>,
) -> Result<Agent, Refusal> {
    let mut tx = authority.store.begin().await?;
    let agent = agents::find(&mut tx, address).await?;
    let because = because.unwrap_or_else(|| UNSAID.to_owned());
    let agent = agent.refuse(because, authority.now())?;
    tx.agents().update(&agent).await?;
    effect::save(tx).await?;
    Ok(agent)
}
