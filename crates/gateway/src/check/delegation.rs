//! Who acts, for whom, and how narrowly: the agent's ceiling, cut down to what its token was
//! granted and to every grant that the token was issued out of, as they are now.

use std::borrow::Cow;
use std::rc::Rc;
use std::sync::Arc;

use bailiwick_domain::agent::Agent;
use bailiwick_domain::credential::Strength;
use bailiwick_domain::denial::Denial;
use bailiwick_domain::details::Details;
use bailiwick_domain::grant::Grant;
use bailiwick_domain::scope::{Scope, ScopeSet};
use bailiwick_proof::jwt::AccessToken;
use http::HeaderValue;
use ipnet::IpNet;

use super::proof::Unspent;
use super::revocation::{self, Line, Mandate, Standing, Under};
use crate::asked::Asked;
use crate::speak::mcp::session::Owner;
use crate::world::{KnownAgent, KnownKey, Proves, Said};

/// The field by which a caller may say who it thinks it is.
const AGENT_ID: &str = "x-agent-id";

/// The agent that acts, proven, live, and no wider than its credential.
#[derive(Debug)]
pub struct Actor {
    agent: Arc<KnownAgent>,
    key: Option<Arc<KnownKey>>,
    token: Option<Rc<AccessToken>>,
    line: Option<Line>,
    under: Option<Rc<Under>>,
    strength: Strength,
    nonce: Option<Unspent>,
}

/// An agent that somebody asks about. It has proven nothing, and can only be looked at: a permit
/// takes an actor, and none comes out of here.
///
/// ```compile_fail,E0616
/// use bailiwick_gateway::check::delegation::{Actor, Described};
/// fn take(described: Described) -> Actor { described.0 }
/// ```
/// ```
/// use bailiwick_gateway::check::delegation::{Actor, Described};
/// fn look(described: &Described) -> &Actor { described.actor() }
/// ```
#[derive(Debug)]
pub struct Described(Actor);

impl Described {
    /// An agent as if it had proven itself so well, if it stands.
    pub fn of(agent: &Arc<KnownAgent>, strength: Strength) -> Result<Self, Denial> {
        revocation::check_state(agent.agent.state)?;
        let agent = Arc::clone(agent);
        let (key, token, line, under) = (None, None, None, None);
        Ok(Self(Actor { agent, key, token, line, under, strength, nonce: None }))
    }

    /// The agent, to be looked at.
    pub fn actor(&self) -> &Actor {
        &self.0
    }
}

/// Resolves the actor. A header that names an agent is held against the proof, never believed.
pub fn resolve(standing: Standing, asked: &Asked) -> Result<Actor, Denial> {
    let Standing { agent, key, token, line, under, strength, nonce } = standing;
    for named in asked.headers().get_all(AGENT_ID) {
        let named = named.as_bytes();
        let known = &agent.agent;
        if named != known.name.as_str().as_bytes() && named != known.id.to_string().as_bytes() {
            return Err(Denial::AgentMismatch);
        }
    }
    Ok(Actor { agent, key, token, line, under, strength, nonce })
}

impl Actor {
    /// The actor of a constant permit.
    #[cfg(feature = "constant-permit")]
    pub(crate) fn constant(agent: Arc<KnownAgent>, key: Arc<KnownKey>) -> Self {
        let strength = Strength::Key;
        let key = Some(key);
        Self { agent, key, token: None, line: None, under: None, strength, nonce: None }
    }

    /// The agent.
    pub fn agent(&self) -> &Agent {
        &self.agent.agent
    }

    /// Whether fields of an answer that have this label go out to it: by the scope
    /// `<label>:unmask`, held like any other, unless the label is among those that policies mask.
    pub fn clears(&self, label: &str, masked: &[Arc<str>]) -> bool {
        let scope = format!("{label}:unmask").parse::<Scope>();
        let is_held = scope.is_ok_and(|scope| self.holds(&scope));
        is_held && !masked.iter().any(|masked| **masked == *label)
    }

    /// The token it used, if any.
    pub fn token(&self) -> Option<&AccessToken> {
        self.token.as_deref()
    }

    /// By whose authority it acts, where a token or a grant says so.
    pub fn mandate(&self) -> Option<Mandate<'_>> {
        let token = self.token.as_deref().map(Mandate::from);
        token.or_else(|| self.under.as_deref().map(Mandate::from))
    }

    /// Whose a session of the agent's is: its own, or of whom it acts for.
    pub fn owner(&self) -> Owner {
        let mandate = self.mandate();
        Owner::new(self.agent().id, mandate.as_ref().and_then(Mandate::on_behalf_of))
    }

    /// From where its key may be used; from anywhere when empty.
    pub fn key_networks(&self) -> &[IpNet] {
        self.key.as_ref().map_or(&[], |key| &key.networks)
    }

    /// Whether a token that another issuer made for a workload was all it showed.
    pub fn came_by_workload_token(&self) -> bool {
        let proves = self.key.as_ref().map(|key| &key.proves);
        let workload = matches!(proves, Some(Proves::Claims(_) | Proves::Spiffe));
        workload && self.token.is_none() && self.strength == Strength::Bearer
    }

    /// How much was proved.
    pub fn strength(&self) -> Strength {
        self.strength
    }

    /// Whether the agent, by this credential and at this moment, holds the scope.
    pub fn holds(&self, scope: &Scope) -> bool {
        self.agent().scopes.contains(scope)
            && self.narrowings().all(|granted| granted.contains(scope))
    }

    /// Everything that it holds, by this credential and at this moment.
    pub fn held(&self) -> Cow<'_, ScopeSet> {
        let ceiling = &self.agent().scopes;
        if self.narrowings().all(|granted| granted == ceiling) {
            return Cow::Borrowed(ceiling);
        }
        Cow::Owned(self.narrowings().fold(ceiling.clone(), |held, it| held.intersection(it)))
    }

    /// What the upstream hears of it: who it is, and everything it holds.
    pub fn said(&self) -> Said {
        let said = self.agent.said.clone();
        let Cow::Owned(held) = self.held() else { return said };
        let scopes = HeaderValue::from_str(&held.to_string());
        Said { scopes: scopes.unwrap_or(HeaderValue::from_static("")), ..said }
    }

    /// The grants that its token was issued out of, the nearest first.
    pub fn grants(&self) -> impl Iterator<Item = &Grant> {
        self.line.iter().flat_map(Line::grants)
    }

    /// What exactly may be done, where scopes are not all (RFC 9396): the details of the token, and
    /// of each grant.
    pub fn details(&self) -> impl Iterator<Item = &Details> {
        let token = self.token.as_ref().map(|token| &token.authorization_details);
        token.into_iter().chain(self.grants().map(|grant| &grant.extent.details))
    }

    /// What its token was granted, the most its key may be used for, how far each grant goes, and
    /// the most that each agent on the way may be granted.
    fn narrowings(&self) -> impl Iterator<Item = &ScopeSet> {
        let token = self.token.as_ref().map(|token| &token.scope);
        let key = self.key.as_ref().and_then(|key| key.scopes.as_ref());
        let grants = self.grants().map(|grant| &grant.extent.scopes);
        let ceilings = self.line.iter().flat_map(Line::ceilings);
        token.into_iter().chain(key).chain(grants).chain(ceilings)
    }

    /// The nonce of the proof, to be consumed once.
    pub(super) fn nonce(&self) -> Option<&Unspent> {
        self.nonce.as_ref()
    }
}
