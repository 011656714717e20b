//! The world as the gateway knows it: one consistent, immutable state behind an atomic pointer.
//!
//! A request keeps the world it began with. The large parts are persistent maps, so that a change
//! costs what changed and not the whole fleet.

pub mod keeper;

use std::sync::Arc;

use bailiwick_domain::agent::Agent;
use bailiwick_domain::credential::{Key, KeyState, Material};
use bailiwick_domain::id::{AgentId, KeyId};
use bailiwick_domain::scope::ScopeSet;
use bailiwick_domain::time::Timestamp;
use bailiwick_proof::jwt::Issuer;
use bailiwick_proof::keys::{MacKey, PublicKey, Verifier};
use bailiwick_vault::seal::Sealer;
use http::HeaderValue;
use http::header::InvalidHeaderValue;
use rpds::HashTrieMapSync;

use crate::routes::Apis;

/// Everything a request is decided by.
#[derive(Debug, Clone)]
pub struct World {
    agents: HashTrieMapSync<AgentId, Arc<KnownAgent>>,
    trust_domain: Arc<str>,
    keys: HashTrieMapSync<KeyId, Arc<KnownKey>>,
    thumbprints: HashTrieMapSync<Arc<str>, Arc<KnownKey>>,
    /// The issuer whose tokens are accepted, with its keys.
    pub issuer: Arc<Issuer>,
    /// How often the issuer's keys have changed; tokens verified before are verified again.
    pub issuer_edition: u64,
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

/// A registered key, ready to verify with.
#[derive(Debug)]
pub struct KnownKey {
    /// Its identifier.
    pub id: KeyId,
    /// Whose it is.
    pub agent: AgentId,
    /// Whether it may be used.
    pub state: KeyState,
    /// When it stops being usable, if it does.
    pub expires_at: Option<Timestamp>,
    /// The most it may be used for, if that is less than its agent may.
    pub scopes: Option<ScopeSet>,
    /// How it proves anything.
    pub proves: Proves,
}

/// How a key proves anything: what is found by one scheme is of no use in another.
#[derive(Debug)]
pub enum Proves {
    /// It signs messages (RFC 9421).
    Signature(Verifier),
    /// It signs messages as Ethereum accounts do (ERC-8128).
    Wallet,
    /// It is the certificate of the connection.
    Certificate,
    /// It is named by an SVID.
    Spiffe,
    /// It is where the agent publishes its keys (Web Bot Auth).
    Directory,
    /// It is the secret itself.
    ApiKey,
}

impl KnownKey {
    /// What verifies a message's signature, if that is what the key is for.
    pub fn verifier(&self) -> Option<&Verifier> {
        match &self.proves {
            Proves::Signature(verifier) => Some(verifier),
            Proves::Wallet
            | Proves::Certificate
            | Proves::Spiffe
            | Proves::Directory
            | Proves::ApiKey => None,
        }
    }
}

impl World {
    /// A world with nobody in it: everything is refused.
    pub fn empty(issuer: Issuer, apis: Arc<Apis>, trust_domain: &str) -> Self {
        Self {
            trust_domain: trust_domain.into(),
            agents: HashTrieMapSync::new_sync(),
            keys: HashTrieMapSync::new_sync(),
            thumbprints: HashTrieMapSync::new_sync(),
            issuer: Arc::new(issuer),
            issuer_edition: 0,
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
        let Some(proves) = read(key, sealer) else {
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
            proves,
        });
        self.keys.insert_mut(key.id, Arc::clone(&known));
        self.thumbprints.insert_mut(key.thumbprint.as_str().into(), known);
    }

    /// Takes in another set of issuer's keys.
    pub fn put_issuer(&mut self, issuer: Issuer) {
        self.issuer = Arc::new(issuer);
        self.issuer_edition += 1;
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

fn read(key: &Key, sealer: &Sealer) -> Option<Proves> {
    Some(match &key.material {
        Material::PublicJwk(jwk) => {
            Proves::Signature(Verifier::Public(PublicKey::from_jwk(jwk).ok()?))
        }
        Material::SealedSecret(sealed) => {
            let secret = sealer.open(sealed, &key.id.to_string()).ok()?;
            Proves::Signature(Verifier::Mac(MacKey::new(&secret).ok()?))
        }
        Material::Wallet => Proves::Wallet,
        Material::Certificate => Proves::Certificate,
        Material::Spiffe => Proves::Spiffe,
        Material::Directory => Proves::Directory,
        Material::ApiKey => Proves::ApiKey,
        Material::Claims(_) => return None,
    })
}
