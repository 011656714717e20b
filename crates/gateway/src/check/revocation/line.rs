//! The line of a grant: itself and everything that it was granted out of. It is live as a whole, or
//! not at all, so that whoever ends one end of it has ended the other.

use std::sync::Arc;

use bailiwick_domain::agent::State;
use bailiwick_domain::denial::Denial;
use bailiwick_domain::grant::{Acting, Grant};
use bailiwick_domain::id::{AgentId, GrantId, TaskId};
use bailiwick_domain::scope::ScopeSet;
use bailiwick_domain::time::Timestamp;

use super::mandate::Under;
use crate::core::Gate;
use crate::world::{KnownAgent, World};

/// The most grants that are looked at for one request, whatever depth is configured: a task within
/// a task is one more grant and no delegation.
const LONGEST: usize = 64;

/// A grant and those above it, the nearest first; all of them live.
#[derive(Debug)]
pub struct Line(Vec<Link>);

/// A grant, and who may act by it.
#[derive(Debug)]
struct Link {
    grant: Arc<Grant>,
    agent: Arc<KnownAgent>,
}

impl Line {
    /// The line of the grant that a credential names.
    pub(super) fn walk(named: &Named, now: Timestamp, gate: &Gate<'_>) -> Result<Self, Denial> {
        let mut line = Self(Vec::with_capacity(4));
        let mut next = Some(named.grant);
        while let Some(id) = next {
            if line.0.len() == LONGEST {
                return Err(Denial::DelegationTooDeep);
            }
            let grant = gate.world.grants().find(id, now);
            let grant = grant.ok_or_else(|| line.broken(named))?;
            let agent = check_standing(grant, now, gate.world)?;
            next = grant.parent;
            line.0.push(Link { grant: Arc::clone(grant), agent: Arc::clone(agent) });
        }
        line.check_fit(named, gate)?;
        Ok(line)
    }

    /// What it says of whoever acts by its first grant.
    pub(super) fn under(&self, grant: GrantId, trust_domain: &str) -> Under {
        let person = self.grants().find_map(|grant| grant.person);
        let agents = self.0.iter().map(|link| &link.agent.agent);
        let task = self.grants().find(|grant| grant.task.is_some());
        Under {
            grant,
            task: task.and_then(|grant| grant.task),
            purpose: task.map(|grant| grant.purpose.clone()),
            acting: Acting::of(agents, person, trust_domain),
        }
    }

    /// The grants, the nearest first.
    pub fn grants(&self) -> impl Iterator<Item = &Grant> {
        self.0.iter().map(|link| &*link.grant)
    }

    /// The most that each of its agents may be granted now: whoever is held to less than when it
    /// handed something on has handed on less.
    pub fn ceilings(&self) -> impl Iterator<Item = &ScopeSet> {
        self.0.iter().map(|link| &link.agent.agent.scopes)
    }

    fn task(&self) -> Option<TaskId> {
        self.grants().find_map(|grant| grant.task)
    }

    /// What the missing of the next one means: all that is known of it is what the credential says.
    fn broken(&self, named: &Named) -> Denial {
        match (named.tasked != Tasked::Not, self.task()) {
            (true, None) => Denial::TaskClosed,
            _ => Denial::DelegationRevoked,
        }
    }

    fn check_fit(&self, named: &Named, gate: &Gate<'_>) -> Result<(), Denial> {
        let Some(leaf) = self.grants().next() else { return Err(Denial::DelegationRevoked) };
        if leaf.agent != named.agent {
            return Err(Denial::DelegationInvalid("it was granted to another agent"));
        }
        let fits = match named.tasked {
            Tasked::Not => self.task().is_none(),
            Tasked::For(task) => self.task() == Some(task),
            Tasked::Itself => leaf.task.is_some(),
        };
        if !fits {
            return Err(Denial::DelegationInvalid(UNTASKED));
        }
        if leaf.depth > gate.core.settings.delegation_depth {
            return Err(Denial::DelegationTooDeep);
        }
        Ok(())
    }
}

/// What a credential says of the grant that it is used under.
#[derive(Debug)]
pub(super) struct Named {
    /// The grant.
    pub(super) grant: GrantId,
    /// Who may act by it.
    pub(super) agent: AgentId,
    /// The task that it is for.
    pub(super) tasked: Tasked,
}

/// What a credential says of a task.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tasked {
    /// It is for none.
    Not,
    /// It is for this one, which is the nearest on the line.
    For(TaskId),
    /// It is for the one that the grant itself is.
    Itself,
}

/// What is wrong when a credential and its grant disagree about the task.
pub(super) const UNTASKED: &str = "the task is not that of the grant";

/// Whether what the grant hangs on still stands: who may act by it, the credential and the token
/// that it was obtained by, the person and their sign-in.
fn check_standing<'w>(
    grant: &Grant,
    now: Timestamp,
    world: &'w World,
) -> Result<&'w Arc<KnownAgent>, Denial> {
    let agent = world.agent(grant.agent).filter(|known| known.agent.state == State::Active);
    let agent = agent.ok_or(Denial::DelegationRevoked)?;
    let key = grant.key.is_none_or(|id| {
        world.key(id).is_some_and(|key| key.agent == grant.agent && key.check_live(now).is_ok())
    });
    let grants = world.grants();
    let signed_in = grant.session.is_none_or(|session| grants.is_signed_in(session, now));
    let blocked = grant.person.is_some_and(|person| grants.is_blocked(person));
    let taken_back = grant.token.is_some_and(|token| grants.is_revoked(token));
    if key && signed_in && !blocked && !taken_back {
        Ok(agent)
    } else {
        Err(Denial::DelegationRevoked)
    }
}
