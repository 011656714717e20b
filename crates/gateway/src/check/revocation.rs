//! Agent, key, token and grants stand at this moment: what was ended a moment ago is refused now.

mod line;

use std::rc::Rc;
use std::sync::Arc;

use bailiwick_domain::agent::State;
use bailiwick_domain::credential::Strength;
use bailiwick_domain::denial::Denial;
use bailiwick_proof::jwt::AccessToken;

pub use line::Line;

use super::proof::{Bound, Unspent};
use crate::asked::Asked;
use crate::core::Gate;
use crate::world::{KnownAgent, KnownKey};

/// A proven credential whose agent, key, token and grants are all live.
#[derive(Debug)]
pub struct Standing {
    pub(super) agent: Arc<KnownAgent>,
    /// What proved it, or what its token was bought with. None where neither is a key that is
    /// registered: a token of a grant, bound to a key that only the token names, or to nothing.
    pub(super) key: Option<Arc<KnownKey>>,
    pub(super) token: Option<Rc<AccessToken>>,
    pub(super) line: Option<Line>,
    pub(super) strength: Strength,
    pub(super) nonce: Option<Unspent>,
}

/// Checks that every ancestor of the credential is live: the key that signed, the key by which the
/// token was obtained, the grants that it was issued out of, and the agent they all belong to. A
/// few look-ups in maps, and nothing that was verified before is verified again.
pub fn check(bound: Bound, asked: &Asked, gate: &Gate<'_>) -> Result<Standing, Denial> {
    let Bound { token, key, strength, nonce } = bound;
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
    let line = match &token {
        Some(token) => check_token(token, agent, asked, gate)?,
        None => None,
    };
    let (agent, key) = (Arc::clone(agent), proven.map(Arc::clone));
    Ok(Standing { agent, key, token, line, strength, nonce })
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
    Line::walk(token, asked.at(), gate)
}

fn check_state(state: State) -> Result<(), Denial> {
    match state {
        State::Active => Ok(()),
        State::Pending => Err(Denial::AgentPending),
        State::Suspended => Err(Denial::AgentSuspended),
        State::Retired => Err(Denial::AgentRetired),
    }
}
