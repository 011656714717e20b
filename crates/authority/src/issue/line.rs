//! A grant with everything it was granted out of: live as a whole, or not at all.

use bailiwick_domain::agent::{Agent, State};
use bailiwick_domain::credential::KeyState;
use bailiwick_domain::grant::{Acting, Budgets, Grant};
use bailiwick_domain::id::{GrantId, KeyId, PersonId};
use bailiwick_domain::person::Standing;
use bailiwick_domain::scope::ScopeSet;
use bailiwick_domain::time::Timestamp;
use bailiwick_store::Tx;

use crate::fault::Fault;

/// A grant that is live, and so is all above it.
#[derive(Debug)]
pub(crate) struct Line {
    leaf: Grant,
    /// The grants above, the nearest first.
    above: Vec<Grant>,
    /// The agents of the grants, the leaf's first, no two in a row the same.
    agents: Vec<Agent>,
}

impl Line {
    /// The line of this grant; none when it, or anything that it hangs on, has ended.
    pub(crate) async fn find(
        tx: &mut Tx,
        id: GrantId,
        now: Timestamp,
    ) -> Result<Option<Self>, Fault> {
        let grants = tx.grants().line(id).await?;
        let mut agents: Vec<Agent> = Vec::new();
        for grant in &grants {
            if !stands(tx, grant, now).await? {
                return Ok(None);
            }
            if agents.last().is_none_or(|last| last.id != grant.agent) {
                match tx.agents().find(grant.agent).await? {
                    Some(agent) if agent.state == State::Active => agents.push(agent),
                    _ => return Ok(None),
                }
            }
        }
        let complete = grants.last().is_some_and(|root| root.parent.is_none());
        let mut grants = grants.into_iter();
        let leaf = grants.next().filter(|_| complete);
        Ok(leaf.map(|leaf| Self { leaf, above: grants.collect(), agents }))
    }

    /// The grant itself.
    pub(crate) fn leaf(&self) -> &Grant {
        &self.leaf
    }

    /// The grant and those above it, the nearest first.
    pub(crate) fn grants(&self) -> impl Iterator<Item = &Grant> {
        std::iter::once(&self.leaf).chain(&self.above)
    }

    /// The person whose authority it is, if it is a person's.
    pub(crate) fn person(&self) -> Option<PersonId> {
        self.grants().find_map(|grant| grant.person)
    }

    /// The nearest grant that is a task.
    pub(crate) fn task(&self) -> Option<&Grant> {
        self.grants().find(|grant| grant.task.is_some())
    }

    /// When the first of them ends.
    pub(crate) fn expires_at(&self) -> Timestamp {
        self.above.iter().map(|grant| grant.expires_at).fold(self.leaf.expires_at, Ord::min)
    }

    /// What may be done by it in all.
    pub(crate) fn budgets(&self) -> Budgets {
        self.grants().fold(Budgets::default(), |least, grant| least.least(grant.budgets))
    }

    /// The most that all of its agents may be granted at present.
    pub(crate) fn ceiling(&self) -> ScopeSet {
        let mut agents = self.agents.iter();
        let first = agents.next().map(|agent| agent.scopes.clone()).unwrap_or_default();
        agents.fold(first, |least, agent| least.intersection(&agent.scopes))
    }

    /// Whose authority it is, and who acts by it.
    pub(crate) fn acting(&self, trust_domain: &str) -> Acting {
        Acting::of(&self.agents, self.person(), trust_domain)
    }
}

/// Whether the grant stands by itself: not ended, its credential and sign-in live, its person not
/// blocked, its token not taken back.
async fn stands(tx: &mut Tx, grant: &Grant, now: Timestamp) -> Result<bool, Fault> {
    if !grant.is_live(now) {
        return Ok(false);
    }
    if let Some(key) = grant.key
        && !is_live(tx, key, now).await?
    {
        return Ok(false);
    }
    if let Some(session) = grant.session {
        let session = tx.sessions().find(session).await?;
        if !session.is_some_and(|session| session.is_live(now)) {
            return Ok(false);
        }
    }
    if let Some(person) = grant.person {
        let person = tx.people().find(person).await?;
        if !person.is_some_and(|person| person.state == Standing::Active) {
            return Ok(false);
        }
    }
    match grant.token {
        Some(token) => Ok(!tx.revoked_tokens().contains(token).await?),
        None => Ok(true),
    }
}

/// Whether the credential is there, was not revoked and has not expired.
pub(crate) async fn is_live(tx: &mut Tx, key: KeyId, now: Timestamp) -> Result<bool, Fault> {
    Ok(tx.keys().find(key).await?.is_some_and(|key| {
        key.state == KeyState::Active && key.expires_at.is_none_or(|end| now < end)
    }))
}
