//! Agent, key and token stand at this moment: what was ended a moment ago is refused now.

use std::rc::Rc;
use std::sync::Arc;

use bailiwick_domain::agent::State;
use bailiwick_domain::credential::{KeyState, Strength};
use bailiwick_domain::denial::Denial;
use bailiwick_domain::time::Timestamp;
use bailiwick_proof::jwt::AccessToken;

use super::proof::{Bound, Unspent};
use crate::asked::Asked;
use crate::world::{KnownAgent, KnownKey, World};

/// A proven credential whose agent, key and token are all live.
#[derive(Debug)]
pub struct Standing {
    pub(super) agent: Arc<KnownAgent>,
    pub(super) key: Arc<KnownKey>,
    pub(super) token: Option<Rc<AccessToken>>,
    pub(super) strength: Strength,
    pub(super) nonce: Option<Unspent>,
}

/// Checks that every ancestor of the credential is live: the key that signed, the key by which the
/// token was obtained, and the agent both belong to.
pub fn check(bound: Bound, asked: &Asked, world: &World) -> Result<Standing, Denial> {
    let Bound { token, key, strength, nonce } = bound;
    let source = match &token {
        Some(token) => {
            let source = token.key_id.and_then(|id| world.key(id));
            Some(source.ok_or(Denial::CredentialRevoked)?)
        }
        None => None,
    };
    let Some(proven) = key.as_ref().or(source) else { return Err(Denial::CredentialMissing) };
    let agent = world.agent(proven.agent).ok_or(Denial::CredentialUnknown)?;
    asked.facts.note(|known| {
        known.agent = Some(Arc::clone(agent));
        known.key = Some(proven.id);
        known.token = token.as_ref().map(|token| token.jti);
        known.strength = Some(strength);
    });
    check_live(proven, asked.at())?;
    if let (Some(source), Some(token)) = (source, &token) {
        check_live(source, asked.at())?;
        if source.agent != proven.agent || token.client_id != proven.agent {
            return Err(Denial::AgentMismatch);
        }
    }
    match agent.agent.state {
        State::Active => {}
        State::Pending => return Err(Denial::AgentPending),
        State::Suspended => return Err(Denial::AgentSuspended),
        State::Retired => return Err(Denial::AgentRetired),
    }
    Ok(Standing { agent: Arc::clone(agent), key: Arc::clone(proven), token, strength, nonce })
}

fn check_live(key: &KnownKey, now: Timestamp) -> Result<(), Denial> {
    match key.state {
        KeyState::Active if key.expires_at.is_some_and(|end| end <= now) => {
            Err(Denial::CredentialExpired)
        }
        KeyState::Active => Ok(()),
        KeyState::Revoked => Err(Denial::CredentialRevoked),
    }
}
