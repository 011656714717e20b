//! Agent, key, token and grants stand at this moment: what was ended a moment ago is refused now.

mod line;
mod mandate;

use std::rc::Rc;
use std::sync::Arc;

use bailiwick_domain::agent::State;
use bailiwick_domain::credential::Strength;
use bailiwick_domain::denial::Denial;
use bailiwick_domain::id::GrantId;
use bailiwick_proof::jwt::AccessToken;

pub use line::Line;
pub use mandate::{Mandate, Under};

use super::proof::{Bound, Unspent};
use crate::asked::Asked;
use crate::core::Gate;
use crate::world::{KnownAgent, KnownKey};
use line::{Named, Tasked};

/// A proven credential whose agent, key, token and grants are all live.
#[derive(Debug)]
pub struct Standing {
    pub(super) agent: Arc<KnownAgent>,
    /// What proved it, or what its token was bought with. None where neither is a key that is
    /// registered: a token of a grant, bound to a key that only the token names, or to nothing.
    pub(super) key: Option<Arc<KnownKey>>,
    pub(super) token: Option<Rc<AccessToken>>,
    pub(super) line: Option<Line>,
    pub(super) under: Option<Rc<Under>>,
    pub(super) strength: Strength,
    pub(super) nonce: Option<Unspent>,
}

/// Checks that every ancestor of the credential is live: the key that signed, the key by which the
/// token was obtained, the grants that it was issued out of, and the agent they all belong to. A
/// few look-ups in maps, and nothing that was verified before is verified again.
pub fn check(bound: Bound, asked: &Asked, gate: &Gate<'_>) -> Result<Standing, Denial> {
    let Bound { token, under, key, strength, nonce } = bound;
    let world = gate.world;
    let source = match token.as_ref().and_then(|token| token.key_id) {
        Some(id) => Some(world.key(id).ok_or(Denial::CredentialRevoked)?),
        None => None,
    };
    let proven = key.as_ref().or(source);
    let by_key = proven.map(|key| key.agent);
    let id = by_key.or(token.as_ref().map(|token| token.client_id));
    let agent = world.agent(id.ok_or(Denial::CredentialMissing)?);
    let agent = agent.ok_or(Denial::CredentialUnknown)?;
    asked.facts.note(|known| {
        known.agent = Some(Arc::clone(agent));
        known.key = proven.map(|key| key.id);
        known.token.clone_from(&token);
        known.strength = Some(strength);
    });
    for key in proven.into_iter().chain(source) {
        key.check_live(asked.at())?;
        if key.agent != agent.agent.id {
            return Err(Denial::AgentMismatch);
        }
    }
    check_state(agent.agent.state)?;
    let (line, under) = match (&token, under) {
        (Some(token), _) => (check_token(token, agent, asked, gate)?, None),
        (None, Some(grant)) => walk_task(grant, agent, asked, gate)?,
        (None, None) => (None, None),
    };
    let (agent, key) = (Arc::clone(agent), proven.map(Arc::clone));
    Ok(Standing { agent, key, token, line, under, strength, nonce })
}

/// What holds of a credential that is for one task of its agent's.
fn walk_task(
    grant: GrantId,
    agent: &KnownAgent,
    asked: &Asked,
    gate: &Gate<'_>,
) -> Result<(Option<Line>, Option<Rc<Under>>), Denial> {
    let named = Named { grant, agent: agent.agent.id, tasked: Tasked::Itself };
    let note = |under: &Rc<Under>| {
        asked.facts.note(|known| known.under = Some(Rc::clone(under)));
    };
    let line = Line::walk(&named, asked.at(), gate)
        .inspect_err(|_| note(&Rc::new(Under::unknown(grant))))?;
    let under = Rc::new(line.under(grant, &gate.core.settings.trust_domain));
    note(&under);
    Ok((Some(line), Some(under)))
}

/// The token was not taken back, is this agent's, and what it was issued out of holds.
fn check_token(
    token: &AccessToken,
    agent: &KnownAgent,
    asked: &Asked,
    gate: &Gate<'_>,
) -> Result<Option<Line>, Denial> {
    if token.client_id != agent.agent.id {
        return Err(Denial::AgentMismatch);
    }
    if gate.world.grants().is_revoked(token.jti) {
        return Err(Denial::TokenRevoked);
    }
    let Some(grant) = token.grant else {
        let tasked = token.task.is_some();
        return if tasked { Err(Denial::DelegationInvalid(line::UNTASKED)) } else { Ok(None) };
    };
    let tasked = token.task.map_or(Tasked::Not, Tasked::For);
    let named = Named { grant, agent: token.client_id, tasked };
    Line::walk(&named, asked.at(), gate).map(Some)
}

pub(super) fn check_state(state: State) -> Result<(), Denial> {
    match state {
        State::Active => Ok(()),
        State::Pending => Err(Denial::AgentPending),
        State::Suspended => Err(Denial::AgentSuspended),
        State::Retired => Err(Denial::AgentRetired),
    }
}
