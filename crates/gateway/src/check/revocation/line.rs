//! The line of a grant: itself and everything that it was granted out of. It is live as a whole, or
//! not at all, so that whoever ends one end of it has ended the other.

use std::sync::Arc;

use bailiwick_domain::agent::State;
use bailiwick_domain::denial::Denial;
use bailiwick_domain::grant::Grant;
use bailiwick_domain::id::TaskId;
use bailiwick_domain::scope::ScopeSet;
use bailiwick_domain::time::Timestamp;
use bailiwick_proof::jwt::AccessToken;

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
    /// The line of the grant that the token names; none where it names none.
    pub(super) fn walk(
        token: &AccessToken,
        now: Timestamp,
        gate: &Gate<'_>,
    ) -> Result<Option<Self>, Denial> {
        let mut next = token.grant;
        if next.is_none() {
            let tasked = token.task.is_some();
            return if tasked { Err(Denial::DelegationInvalid(UNTASKED)) } else { Ok(None) };
        }
        let mut line = Self(Vec::with_capacity(4));
        while let Some(id) = next {
            if line.0.len() == LONGEST {
                return Err(Denial::DelegationTooDeep);
            }
            let grant = gate.world.grants().find(id, now);
            let grant = grant.ok_or_else(|| line.broken(token.task))?;
            let agent = check_standing(grant, now, gate.world)?;
            next = grant.parent;
            line.0.push(Link { grant: Arc::clone(grant), agent: Arc::clone(agent) });
        }
        line.check_fit(token, gate)?;
        Ok(Some(line))
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

    /// What the missing of the next one means: all that is known of it is what the token says.
    fn broken(&self, task: Option<TaskId>) -> Denial {
        match (task, self.task()) {
            (Some(_), None) => Denial::TaskClosed,
            _ => Denial::DelegationRevoked,
        }
    }

    fn check_fit(&self, token: &AccessToken, gate: &Gate<'_>) -> Result<(), Denial> {
        let Some(leaf) = self.grants().next() else { return Err(Denial::DelegationRevoked) };
        if leaf.agent != token.client_id {
            return Err(Denial::DelegationInvalid("it was granted to another agent"));
        }
        if self.task() != token.task {
            return Err(Denial::DelegationInvalid(UNTASKED));
        }
        if leaf.depth > gate.core.settings.delegation_depth {
            return Err(Denial::DelegationTooDeep);
        }
        Ok(())
    }
}

const UNTASKED: &str = "the token's task is not that of its grant";

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
