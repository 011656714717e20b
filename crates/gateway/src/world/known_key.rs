//! A registered key, as the gateway knows it.

use std::mem::discriminant;

use bailiwick_domain::credential::{Key, KeyState, Material};
use bailiwick_domain::denial::Denial;
use bailiwick_domain::id::{AgentId, KeyId};
use bailiwick_domain::scope::ScopeSet;
use bailiwick_domain::time::Timestamp;
use bailiwick_proof::jwt::Rule;
use bailiwick_proof::keys::{MacKey, PublicKey, Verifier};
use bailiwick_vault::seal::Sealer;
use ipnet::IpNet;

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
    /// From where it may be used; from anywhere when empty.
    pub networks: Vec<IpNet>,
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
    /// It is a rule over the claims of a trusted issuer's tokens.
    Claims(Rule),
}

impl KnownKey {
    /// Whether it may be used now: it was not revoked, and has not expired.
    pub fn check_live(&self, now: Timestamp) -> Result<(), Denial> {
        match self.state {
            KeyState::Active if self.expires_at.is_some_and(|end| end <= now) => {
                Err(Denial::CredentialExpired)
            }
            KeyState::Active => Ok(()),
            KeyState::Revoked => Err(Denial::CredentialRevoked),
        }
    }

    /// What verifies a message's signature, if that is what the key is for.
    pub fn verifier(&self) -> Option<&Verifier> {
        match &self.proves {
            Proves::Signature(verifier) => Some(verifier),
            Proves::Wallet
            | Proves::Certificate
            | Proves::Spiffe
            | Proves::Directory
            | Proves::ApiKey
            | Proves::Claims(_) => None,
        }
    }
}

impl KnownKey {
    /// Whether both are one key in one state.
    pub(super) fn is_like(&self, other: &Self) -> bool {
        let told = |key: &Self| (key.id, key.agent, key.state, key.expires_at);
        told(self) == told(other)
            && (&self.scopes, &self.networks) == (&other.scopes, &other.networks)
            && self.proves.is_like(&other.proves)
    }
}

impl Proves {
    /// Whether both prove by the same.
    fn is_like(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Signature(one), Self::Signature(other)) => {
                (one.algorithm(), one.thumbprint()) == (other.algorithm(), other.thumbprint())
            }
            (Self::Claims(one), Self::Claims(other)) => one == other,
            (one, other) => discriminant(one) == discriminant(other),
        }
    }

    /// What a stored key proves by; nothing when it cannot be read.
    pub(super) fn read(key: &Key, sealer: &Sealer) -> Option<Self> {
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
            Material::Claims(rule) => Proves::Claims(Rule::parse(rule).ok()?),
        })
    }
}
