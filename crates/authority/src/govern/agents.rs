//! Agents: added, changed, and moved between states by operators.

use bailiwick_domain::agent::{Agent, Kind, Name, State, Unknown};
use bailiwick_domain::id::AgentId;
use bailiwick_domain::limit::Limit;
use bailiwick_domain::scope::ScopeSet;
use bailiwick_store::Tx;
use ipnet::IpNet;

use crate::authority::Authority;
use crate::govern::{effect, names, projects};
use crate::refusal::Refusal;

/// An agent that is not there yet.
#[derive(Debug)]
pub(crate) struct NewAgent {
    /// The project its name is unique in.
    pub(crate) project: Name,
    /// Its name.
    pub(crate) name: Name,
    /// Who answers for it.
    pub(crate) owner: String,
    /// What it is for.
    pub(crate) purpose: String,
    /// Whether a person watches it work.
    pub(crate) kind: Kind,
    /// The most it may be granted.
    pub(crate) scopes: ScopeSet,
    /// Why it holds a broad scope, when it does.
    pub(crate) broad_because: Option<String>,
    /// How often it may call.
    pub(crate) limit: Option<Limit>,
    /// Where it may call from.
    pub(crate) networks: Vec<IpNet>,
}

/// What is to change of an agent; what is absent stays.
#[derive(Debug, Default)]
pub(crate) struct Change {
    /// Who answers for it.
    pub(crate) owner: Option<String>,
    /// What it is for.
    pub(crate) purpose: Option<String>,
    /// The most it may be granted.
    pub(crate) scopes: Option<ScopeSet>,
    /// Why it holds a broad scope.
    pub(crate) broad_because: Option<String>,
    /// How often it may call.
    pub(crate) limit: LimitChange,
    /// Where it may call from; anywhere when empty.
    pub(crate) networks: Option<Vec<IpNet>>,
}

/// What is to become of an agent's limit.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LimitChange {
    /// It stays.
    #[default]
    Keep,
    /// It goes.
    Lift,
    /// It becomes this.
    To(Limit),
}

/// An agent as an operator addresses it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Address {
    /// By its identifier.
    Id(AgentId),
    /// By its name in a project.
    Name(Name, Name),
}

impl Address {
    /// An address as one text: an identifier, or a name in this project.
    pub(crate) fn read(text: &str, project: Name) -> Result<Self, Unknown> {
        let by_id = text.parse().map(Self::Id);
        by_id.or_else(|_| text.parse().map(|name| Self::Name(project, name)))
    }
}

/// Adds an agent.
pub(crate) async fn add(authority: &Authority, new: NewAgent) -> Result<Agent, Refusal> {
    let now = authority.now();
    check_broad(&new.scopes, &ScopeSet::default(), new.broad_because.as_ref())?;
    let agent = Agent {
        id: AgentId::fresh(now, &authority.entropy),
        project: new.project,
        name: new.name,
        owner: new.owner,
        purpose: new.purpose,
        kind: new.kind,
        state: State::Active,
        broad_because: new.broad_because.filter(|_| !broad(&new.scopes).is_empty()),
        scopes: new.scopes,
        limit: new.limit,
        networks: new.networks,
        refused: None,
        created_at: now,
        updated_at: now,
    };
    let mut tx = authority.store.begin().await?;
    insert(&mut tx, &agent).await?;
    effect::save(tx).await?;
    Ok(agent)
}

/// Adds an agent within a transaction; refused when the name is taken.
async fn insert(tx: &mut Tx, agent: &Agent) -> Result<(), Refusal> {
    projects::named(tx, &agent.project).await?;
    let holder = names::holder(tx, &agent.project, &agent.name, agent.created_at).await?;
    if let Some(Agent { id, name, state, .. }) = holder {
        return Err(Refusal::NameTaken(format!("`{name}` ({id}), which is {state}, has it")));
    }
    Ok(tx.agents().insert(agent).await?)
}

/// The agent at an address.
pub(crate) async fn find(tx: &mut Tx, address: &Address) -> Result<Agent, Refusal> {
    let found = match address {
        Address::Id(id) => tx.agents().find(*id).await?,
        Address::Name(project, name) => tx.agents().find_named(project, name).await?,
    };
    found.ok_or(Refusal::NotFound("agent"))
}

/// Changes an agent. Broad scopes that it did not hold before need a reason of their own.
pub(crate) async fn change(
    authority: &Authority,
    address: &Address,
    change: Change,
) -> Result<Agent, Refusal> {
    let mut tx = authority.store.begin().await?;
    let mut agent = find(&mut tx, address).await?;
    if let Some(scopes) = change.scopes {
        if agent.state == State::Pending {
            let text = "a pending agent gets its scopes when it is approved";
            return Err(Refusal::StateImpossible(text.to_owned()));
        }
        check_broad(&scopes, &agent.scopes, change.broad_because.as_ref())?;
        agent.scopes = scopes;
    }
    agent.broad_because = change.broad_because.or(agent.broad_because);
    if broad(&agent.scopes).is_empty() {
        agent.broad_because = None;
    }
    agent.owner = change.owner.unwrap_or(agent.owner);
    agent.purpose = change.purpose.unwrap_or(agent.purpose);
    agent.networks = change.networks.unwrap_or(agent.networks);
    agent.limit = match change.limit {
        LimitChange::Keep => agent.limit,
        LimitChange::Lift => None,
        LimitChange::To(limit) => Some(limit),
    };
    agent.updated_at = authority.now();
    tx.agents().update(&agent).await?;
    effect::save(tx).await?;
    Ok(agent)
}

/// Moves an agent into another state.
pub(crate) async fn become_state(
    authority: &Authority,
    address: &Address,
    to: State,
) -> Result<Agent, Refusal> {
    let mut tx = authority.store.begin().await?;
    let agent = find(&mut tx, address).await?;
    let agent = agent.become_state(to, authority.now())?;
    tx.because(effect::governed("an operator suspended or retired the agent"));
    tx.agents().update(&agent).await?;
    effect::save(tx).await?;
    Ok(agent)
}

/// The broad ones among scopes.
pub(crate) fn broad(scopes: &ScopeSet) -> ScopeSet {
    ScopeSet::new(scopes.iter().filter(|scope| scope.is_broad()).cloned())
}

/// Refuses broad scopes that are not held yet and for which no reason is given.
pub(crate) fn check_broad(
    asked: &ScopeSet,
    held: &ScopeSet,
    reason: Option<&String>,
) -> Result<(), Refusal> {
    let unreasoned = broad(asked).missing_from(held);
    if unreasoned.is_empty() || reason.is_some() {
        Ok(())
    } else {
        Err(Refusal::ScopeBroad(unreasoned))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(asked: &str, held: &str, reason: Option<&str>, fine: bool) {
        let (asked, held) = (asked.parse().unwrap(), held.parse().unwrap());
        let reason = reason.map(str::to_owned);
        assert_eq!(check_broad(&asked, &held, reason.as_ref()).is_ok(), fine, "{asked} {held}");
    }

    #[test]
    fn each_newly_held_broad_scope_needs_a_reason() {
        check("tickets:read", "", None, true);
        check("tickets:*", "", Some("migration"), true);
        check("tickets:*", "tickets:*", None, true);
        check("tickets:*", "", None, false);
        check("admin tickets:read", "tickets:read", None, false);
        check("tickets:* refunds:*", "tickets:*", None, false);
        check("billing:owner", "", None, false);
    }
}
