//! Who acts, and how narrowly: the agent's ceiling, cut down to what its token was granted.

use std::rc::Rc;
use std::sync::Arc;

use bailiwick_domain::agent::Agent;
use bailiwick_domain::credential::Strength;
use bailiwick_domain::denial::Denial;
use bailiwick_domain::id::KeyId;
use bailiwick_domain::scope::Scope;
use bailiwick_proof::jwt::AccessToken;
use http::HeaderValue;

use super::proof::Unspent;
use super::revocation::Standing;
use crate::asked::Asked;
use crate::world::{KnownAgent, Said};

/// The field by which a caller may say who it thinks it is.
const AGENT_ID: &str = "x-agent-id";

/// The agent that acts, proven, live, and no wider than its credential.
#[derive(Debug)]
pub struct Actor {
    agent: Arc<KnownAgent>,
    key: KeyId,
    token: Option<Rc<AccessToken>>,
    strength: Strength,
    nonce: Option<Unspent>,
}

/// Resolves the actor. A header that names an agent is held against the proof, never believed.
pub fn resolve(standing: Standing, asked: &Asked) -> Result<Actor, Denial> {
    let Standing { agent, key, token, strength, nonce } = standing;
    for named in asked.headers().get_all(AGENT_ID) {
        let named = named.as_bytes();
        let known = &agent.agent;
        if named != known.name.as_str().as_bytes() && named != known.id.to_string().as_bytes() {
            return Err(Denial::AgentMismatch);
        }
    }
    Ok(Actor { agent, key, token, strength, nonce })
}

impl Actor {
    /// The actor of a constant permit.
    #[cfg(feature = "constant-permit")]
    pub(crate) fn constant(agent: Arc<KnownAgent>) -> Self {
        let (key, strength) = (KeyId::from_bits(0), Strength::Key);
        Self { agent, key, token: None, strength, nonce: None }
    }

    /// The agent.
    pub fn agent(&self) -> &Agent {
        &self.agent.agent
    }

    /// The key that proved it.
    pub fn key(&self) -> KeyId {
        self.key
    }

    /// The token it used, if any.
    pub fn token(&self) -> Option<&AccessToken> {
        self.token.as_deref()
    }

    /// How much was proved.
    pub fn strength(&self) -> Strength {
        self.strength
    }

    /// Whether the agent, by this credential and at this moment, holds the scope.
    pub fn holds(&self, scope: &Scope) -> bool {
        let granted = self.token.as_ref().is_none_or(|token| token.scope.contains(scope));
        granted && self.agent().scopes.contains(scope)
    }

    /// What the upstream hears of it: who it is, and everything it holds.
    pub fn said(&self) -> Said {
        let said = self.agent.said.clone();
        match &self.token {
            Some(token) if token.scope != self.agent().scopes => {
                let held = token.scope.intersection(&self.agent().scopes).to_string();
                let scopes = HeaderValue::from_str(&held);
                Said { scopes: scopes.unwrap_or(HeaderValue::from_static("")), ..said }
            }
            _ => said,
        }
    }

    /// The nonce of the proof, to be consumed once.
    pub(super) fn nonce(&self) -> Option<&Unspent> {
        self.nonce.as_ref()
    }
}
