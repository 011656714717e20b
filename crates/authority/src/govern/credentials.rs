//! Keys of agents: added and revoked by operators.

use bailiwick_domain::agent::{Agent, State};
use bailiwick_domain::credential::{Algorithm, Key, KeyState, Material};
use bailiwick_domain::id::KeyId;
use bailiwick_domain::scope::ScopeSet;
use bailiwick_domain::time::Timestamp;
use bailiwick_proof::keys::{MacKey, PublicKey};
use bailiwick_store::Tx;
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use ipnet::IpNet;
use zeroize::Zeroizing;

use crate::authority::Authority;
use crate::fault::Fault;
use crate::govern::agents::{self, Address};
use crate::govern::effect;
use crate::refusal::Refusal;

/// The most active keys of one agent.
pub(crate) const ACTIVE_KEYS: usize = 32;

/// Reads a public key that someone sent.
pub(crate) fn read_jwk(jwk: &str) -> Result<PublicKey, Refusal> {
    PublicKey::from_jwk(jwk).map_err(|error| Refusal::Malformed(error.to_string()))
}

/// Registers a public key for an agent.
pub(crate) async fn add_public(
    authority: &Authority,
    whose: &Whose,
    public: &PublicKey,
) -> Result<Key, Refusal> {
    let id = KeyId::fresh(authority.now(), &authority.entropy);
    add(authority, whose, |agent| Ok(public_key(authority, id, agent, public))).await
}

/// Makes a shared secret for an agent. It is returned here and nowhere else, in base64url; what is
/// stored is sealed, since a MAC cannot be checked with a digest.
pub(crate) async fn add_secret(
    authority: &Authority,
    whose: &Whose,
) -> Result<(Key, Zeroizing<String>), Refusal> {
    let id = KeyId::fresh(authority.now(), &authority.entropy);
    let secret = Zeroizing::new(authority.entropy.bytes::<32>());
    let key = add(authority, whose, |agent| secret_key(authority, id, agent, &*secret)).await?;
    Ok((key, Zeroizing::new(BASE64_URL_SAFE_NO_PAD.encode(*secret))))
}

/// A public key of an agent, as it will be stored.
pub(crate) fn public_key(
    authority: &Authority,
    id: KeyId,
    agent: &Agent,
    public: &PublicKey,
) -> Key {
    let identity = Identity {
        algorithm: Some(public.algorithm()),
        material: Material::PublicJwk(public.to_jwk()),
        thumbprint: public.thumbprint().to_owned(),
        scopes: None,
        expires_at: None,
    };
    identity.of(agent, id, authority.now())
}

fn secret_key(
    authority: &Authority,
    id: KeyId,
    agent: &Agent,
    secret: &[u8],
) -> Result<Key, Fault> {
    let sealed = authority.sealer.seal(secret, &id.to_string(), &authority.entropy)?;
    let identity = Identity {
        algorithm: Some(Algorithm::HmacSha256),
        material: Material::SealedSecret(sealed),
        thumbprint: MacKey::new(secret)?.thumbprint().to_owned(),
        scopes: None,
        expires_at: None,
    };
    Ok(identity.of(agent, id, authority.now()))
}

/// What an agent is to be recognized by.
#[derive(Debug)]
pub(crate) struct Identity {
    /// The one algorithm, where the scheme does not settle that itself.
    pub(crate) algorithm: Option<Algorithm>,
    /// What is stored to verify with.
    pub(crate) material: Material,
    /// What it is found by.
    pub(crate) thumbprint: String,
    /// The most it may be used for.
    pub(crate) scopes: Option<ScopeSet>,
    /// When it stops being usable.
    pub(crate) expires_at: Option<Timestamp>,
}

impl Identity {
    /// An Ethereum account of this name.
    pub(crate) fn wallet(name: String) -> Self {
        Self {
            algorithm: Some(Algorithm::Eip191Secp256k1),
            material: Material::Wallet,
            thumbprint: name,
            scopes: None,
            expires_at: None,
        }
    }

    /// The key of this agent, as it will be stored.
    pub(crate) fn of(self, agent: &Agent, id: KeyId, now: Timestamp) -> Key {
        Key {
            id,
            agent: agent.id,
            algorithm: self.algorithm,
            material: self.material,
            thumbprint: self.thumbprint,
            scopes: self.scopes,
            networks: Vec::new(),
            expires_at: self.expires_at,
            registered_by: None,
            state: KeyState::Active,
            created_at: now,
            last_used_at: None,
        }
    }
}

/// Whose a key is to be, and from where it may be used.
#[derive(Debug)]
pub(crate) struct Whose {
    /// The agent.
    pub(crate) agent: Address,
    /// Anywhere that the agent may call from, when empty.
    pub(crate) networks: Vec<IpNet>,
}

/// Adds a key to an agent that may have another.
pub(crate) async fn add(
    authority: &Authority,
    whose: &Whose,
    make: impl FnOnce(&Agent) -> Result<Key, Fault>,
) -> Result<Key, Refusal> {
    let mut tx = authority.store.begin().await?;
    let agent = agents::find(&mut tx, &whose.agent).await?;
    if agent.state == State::Retired {
        return Err(Refusal::StateImpossible("a retired agent gets no keys".to_owned()));
    }
    let keys = tx.keys().list(Some(agent.id)).await?;
    if keys.iter().filter(|key| key.state == KeyState::Active).count() >= ACTIVE_KEYS {
        return Err(Refusal::KeysTooMany);
    }
    let key = Key { networks: whose.networks.clone(), ..make(&agent)? };
    tx.because(effect::governed("an operator added a credential"));
    insert(&mut tx, &key).await?;
    effect::save(tx).await?;
    Ok(key)
}

/// Adds a key within a transaction; refused when any agent has or had it.
async fn insert(tx: &mut Tx, key: &Key) -> Result<(), Refusal> {
    if let Some(known) = tx.keys().find_thumbprint(&key.thumbprint).await? {
        let holder = tx.agents().find(known.agent).await?;
        let Agent { id, project, name, .. } =
            holder.ok_or(Fault::Corrupt("a key without its agent"))?;
        let whose = format!("`{name}` ({id}) of project `{project}` has it as {}", known.id);
        return Err(Refusal::KeyRegistered(whose));
    }
    Ok(tx.keys().insert(key).await?)
}

/// Changes from where a key may be used.
pub(crate) async fn set_networks(
    authority: &Authority,
    id: KeyId,
    networks: &[IpNet],
) -> Result<Key, Refusal> {
    let mut tx = authority.store.begin().await?;
    tx.because(effect::governed("an operator changed where a credential may be used from"));
    tx.keys().set_networks(id, networks).await?;
    let key = tx.keys().find(id).await?.ok_or(Refusal::NotFound("key"))?;
    effect::save(tx).await?;
    Ok(key)
}

/// What is revoked with a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reach {
    /// Nothing else.
    Alone,
    /// All that was registered with it, also through others: it may have been in a thief's hands.
    Line,
}

/// Revokes a key for ever. Revoking it again changes nothing of the key itself.
pub(crate) async fn revoke(authority: &Authority, id: KeyId, reach: Reach) -> Result<Key, Refusal> {
    let mut tx = authority.store.begin().await?;
    tx.because(effect::governed("an operator revoked the credential"));
    match reach {
        Reach::Alone => tx.keys().revoke(id, authority.now()).await?,
        Reach::Line => tx.keys().revoke_line(id, authority.now()).await?,
    };
    let key = tx.keys().find(id).await?.ok_or(Refusal::NotFound("key"))?;
    effect::save(tx).await?;
    Ok(key)
}
