//! The world as the gateway knows it: one consistent, immutable state behind an atomic pointer.
//!
//! A request keeps the world it began with. The large parts are persistent maps, so that a change
//! costs what changed and not the whole fleet.

pub mod derivation;
mod difference;
pub mod grants;
pub mod keeper;
mod known_key;
pub mod policies;
pub mod signing;
pub mod workloads;

use std::sync::Arc;

use bailiwick_domain::agent::Agent;
use bailiwick_domain::credential::{Key, KeyState, Material};
use bailiwick_domain::grant::Grant;
use bailiwick_domain::id::{AgentId, KeyId};
use bailiwick_domain::issuer::TrustedIssuer;
use bailiwick_domain::person::Session;
use bailiwick_domain::time::Timestamp;
use bailiwick_store::api_documents::ApiDocument;
use bailiwick_store::people::PersonState;
use bailiwick_store::policies::PolicyVersion;
use bailiwick_store::revoked_tokens::RevokedToken;
use bailiwick_store::roots::Root;
use bailiwick_store::signing_keys::SigningPublic;
use bailiwick_vault::seal::Sealer;
use http::HeaderValue;
use http::header::InvalidHeaderValue;
use rpds::HashTrieMapSync;

pub use self::known_key::{KnownKey, Proves};

use self::derivation::Derivation;
use self::grants::Grants;
use self::policies::Policies;
use self::signing::Signing;
use self::workloads::Workloads;
use crate::routes::Apis;

/// Everything a request is decided by.
#[derive(Debug, Clone)]
pub struct World {
    agents: HashTrieMapSync<AgentId, Arc<KnownAgent>>,
    trust_domain: Arc<str>,
    keys: HashTrieMapSync<KeyId, Arc<KnownKey>>,
    thumbprints: HashTrieMapSync<Arc<str>, Arc<KnownKey>>,
    secrets: HashTrieMapSync<AgentId, Vec<KeyId>>,
    workloads: Workloads,
    derivation: Derivation,
    signing: Signing,
    grants: Grants,
    policies: Policies,
    /// The APIs behind the gateway.
    pub apis: Arc<Apis>,
}

/// A registered agent, and what upstreams hear of it.
#[derive(Debug)]
pub struct KnownAgent {
    /// The agent.
    pub agent: Agent,
    /// What upstreams hear.
    pub said: Said,
}

/// What upstreams hear of an agent: `X-Agent-ID`, `X-Agent-Subject`, `X-Agent-Scopes`.
#[derive(Debug, Clone)]
pub struct Said {
    /// Its name.
    pub name: HeaderValue,
    /// Its subject.
    pub subject: HeaderValue,
    /// What it holds.
    pub scopes: HeaderValue,
}

/// What of grants has changed, and of what they hang on.
#[derive(Debug, Default)]
pub struct Granted {
    /// Grants as they are now, those that have ended too.
    pub grants: Vec<Grant>,
    /// Tokens that were taken back.
    pub revoked: Vec<RevokedToken>,
    /// People's sign-ins as they are now.
    pub sessions: Vec<Session>,
    /// People as they are now.
    pub people: Vec<PersonState>,
}

impl World {
    /// A world with nobody in it: everything is refused.
    pub fn empty(issuer: &str, apis: Arc<Apis>, trust_domain: &str) -> Self {
        Self {
            trust_domain: trust_domain.into(),
            agents: HashTrieMapSync::new_sync(),
            keys: HashTrieMapSync::new_sync(),
            thumbprints: HashTrieMapSync::new_sync(),
            secrets: HashTrieMapSync::new_sync(),
            workloads: Workloads::default(),
            derivation: Derivation::default(),
            signing: Signing::of(issuer),
            grants: Grants::default(),
            policies: Policies::shipped(),
            apis,
        }
    }

    /// The agent with this id.
    pub fn agent(&self, id: AgentId) -> Option<&Arc<KnownAgent>> {
        self.agents.get(&id)
    }

    /// The key with this id.
    pub fn key(&self, id: KeyId) -> Option<&Arc<KnownKey>> {
        self.keys.get(&id)
    }

    /// The key that a signature's `keyid` names: by its id or its thumbprint.
    pub fn named_key(&self, keyid: &str) -> Option<&Arc<KnownKey>> {
        match keyid.parse::<KeyId>() {
            Ok(id) => self.keys.get(&id),
            Err(_) => self.thumbprints.get(keyid),
        }
    }

    /// The key that is found by this: an address, a digest, a name.
    pub fn found_by(&self, thumbprint: &str) -> Option<&Arc<KnownKey>> {
        self.thumbprints.get(thumbprint)
    }

    /// The agent's shared secret, when it has exactly one that may be used.
    pub fn secret_of(&self, agent: AgentId) -> Option<&Arc<KnownKey>> {
        let ids = self.secrets.get(&agent)?;
        let mut active = ids
            .iter()
            .filter_map(|id| self.keys.get(id))
            .filter(|key| key.state == KeyState::Active);
        active.next().filter(|_| active.next().is_none())
    }

    /// Other issuers' tokens: who makes them, and for which credential they stand.
    pub fn workloads(&self) -> &Workloads {
        &self.workloads
    }

    /// The issuer whose access tokens are accepted, with its keys.
    pub fn signing(&self) -> &Signing {
        &self.signing
    }

    /// What short-lived keys are derived from.
    pub fn derivation(&self) -> &Derivation {
        &self.derivation
    }

    /// What one lets another do, and what that hangs on.
    pub fn grants(&self) -> &Grants {
        &self.grants
    }

    /// The policies in force.
    pub fn policies(&self) -> &Policies {
        &self.policies
    }

    /// Takes in the policies that are in force now, all at once.
    pub fn put_policies(&mut self, version: &PolicyVersion) {
        self.policies = Policies::of(version);
    }

    /// Takes in what was granted, taken back and ended, and drops what has run out.
    pub fn put_grants(&mut self, changes: Granted, now: Timestamp) {
        changes.grants.into_iter().for_each(|grant| self.grants.put_grant(grant));
        changes.revoked.into_iter().for_each(|token| self.grants.put_revoked(token));
        changes.sessions.iter().for_each(|session| self.grants.put_session(session));
        changes.people.into_iter().for_each(|person| self.grants.put_person(person));
        self.grants.forget(now);
    }

    /// Takes in what was accepted of an API's description: its operations are these from now on.
    pub fn put_api_document(&mut self, accepted: &ApiDocument) {
        self.apis = Arc::new(self.apis.with(accepted));
    }

    /// Takes in an issuer of workloads' tokens as it is now.
    pub fn put_trusted_issuer(&mut self, issuer: TrustedIssuer) {
        self.workloads.put_issuer(issuer);
    }

    /// Takes in roots. One that cannot be opened is left out, and what descends from it refused.
    pub fn put_roots(&mut self, roots: &[Root], sealer: &Sealer) {
        self.derivation = self.derivation.with(roots, sealer);
    }

    /// Takes in an agent as it is now. One that no header can name is left out, and so refused.
    pub fn put_agent(&mut self, agent: Agent) {
        let id = agent.id;
        match KnownAgent::new(agent, &self.trust_domain) {
            Ok(known) => self.agents.insert_mut(id, Arc::new(known)),
            Err(error) => {
                tracing::error!(agent = %id, %error, "an agent cannot be named; it is refused");
                self.agents.remove_mut(&id);
            }
        }
    }

    /// Takes in a key as it is now. One that cannot be read is left out, and so refused.
    pub fn put_key(&mut self, key: &Key, sealer: &Sealer) {
        let Some(proves) = Proves::read(key, sealer) else {
            tracing::error!(key = %key.id, "a registered key cannot be read; it is refused");
            self.keys.remove_mut(&key.id);
            self.thumbprints.remove_mut(key.thumbprint.as_str());
            return;
        };
        let known = Arc::new(KnownKey {
            id: key.id,
            agent: key.agent,
            state: key.state,
            expires_at: key.expires_at,
            scopes: key.scopes.clone(),
            networks: key.networks.clone(),
            proves,
        });
        if matches!(key.material, Material::SealedSecret(_)) {
            let mut ids = self.secrets.get(&key.agent).cloned().unwrap_or_default();
            if !ids.contains(&key.id) {
                ids.push(key.id);
                self.secrets.insert_mut(key.agent, ids);
            }
        }
        if let Proves::Claims(rule) = &known.proves {
            self.workloads.put_rule(rule.issuer(), &known);
        }
        self.keys.insert_mut(key.id, Arc::clone(&known));
        self.thumbprints.insert_mut(key.thumbprint.as_str().into(), known);
    }

    /// Takes in the issuer's keys as they are now: new ones, and those that have ended.
    pub fn put_signing(&mut self, changed: &[SigningPublic]) {
        self.signing.put(changed);
    }

    /// Takes the place of another world: what was verified in that one and remembered is good in
    /// this one exactly if what it was verified by is the same.
    fn succeed(&mut self, before: &Self) {
        self.signing.succeed(&before.signing);
        self.workloads.succeed(&before.workloads);
        self.derivation.succeed(&before.derivation);
        self.policies.succeed(&before.policies);
    }
}

impl KnownAgent {
    pub(crate) fn new(agent: Agent, trust_domain: &str) -> Result<Self, InvalidHeaderValue> {
        let said = Said {
            name: HeaderValue::from_str(agent.name.as_str())?,
            subject: HeaderValue::from_str(&agent.subject(trust_domain))?,
            scopes: HeaderValue::from_str(&agent.scopes.to_string())?,
        };
        Ok(Self { agent, said })
    }
}
