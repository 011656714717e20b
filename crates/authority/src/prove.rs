//! Proof, by a signature over the very request, of who sent it (RFC 9421).
//!
//! Scheme and authority are those of the issuer, never those of the `Host` field: a signature made
//! for another server proves nothing here.

use std::str::FromStr;

use bailiwick_domain::agent::Agent;
use bailiwick_domain::credential::{Key, KeyState, Material};
use bailiwick_domain::denial::Denial;
use bailiwick_domain::id::KeyId;
use bailiwick_domain::time::Timestamp;
use bailiwick_proof::digest::{Expected, Hashing};
use bailiwick_proof::keys::{MacKey, PublicKey, Verifier};
use bailiwick_proof::message::Presented;
use bailiwick_store::fast::Nonce;
use http::header::AUTHORIZATION;

use crate::authority::Authority;
use crate::fault::Fault;
pub(crate) use crate::received::{Received, Unproven};
use crate::wallet::{self, Signer};

/// Who sent a request, proven by the key it was signed with. The agent may be suspended or
/// retired: whether that matters is for the caller to say.
#[derive(Debug)]
pub(crate) struct Proven {
    /// The agent.
    pub(crate) agent: Agent,
    /// Its key.
    pub(crate) key: Key,
}

/// Checks that a registered agent's key signed this request, for this server, once.
pub(crate) async fn by_agent(
    authority: &Authority,
    received: Received<'_>,
) -> Result<Proven, Unproven> {
    if let Some(signer) = wallet::signer(authority, received).await? {
        return by_account(authority, received, &signer).await;
    }
    let presented = read(authority, received)?;
    let proven = find(authority, presented.keyid()).await?;
    let verifier = verifier(authority, &proven.key)?;
    presented.verify(&received.signed(authority), &verifier)?;
    check_body(received)?;
    let text = presented.nonce()?;
    let (created_at, expires_at) = (presented.created_at(), presented.expires_at());
    spend(authority, Once { key: proven.key.id, text, created_at, expires_at }).await?;
    Ok(proven)
}

/// The agent that the account which signed is registered for.
async fn by_account(
    authority: &Authority,
    received: Received<'_>,
    signer: &Signer,
) -> Result<Proven, Unproven> {
    if received.head.headers.contains_key(AUTHORIZATION) {
        return Err(Denial::CredentialConflict("a signature and an Authorization field").into());
    }
    check_body(received)?;
    for name in signer.names() {
        match find(authority, &name).await {
            Ok(proven) if matches!(proven.key.material, Material::Wallet) => {
                let (created_at, expires_at) = (signer.created_at, signer.expires_at);
                let (key, text) = (proven.key.id, &*signer.nonce);
                spend(authority, Once { key, text, created_at, expires_at }).await?;
                return Ok(proven);
            }
            Ok(_) | Err(Unproven::Denied(Denial::CredentialUnknown)) => {}
            Err(unproven) => return Err(unproven),
        }
    }
    Err(Denial::CredentialUnknown.into())
}

/// Checks that whoever sent this request holds this key, which is not registered yet, and sent it
/// once: refused or not, a copy of the request is good for nothing.
pub(crate) async fn possession(
    authority: &Authority,
    received: Received<'_>,
    key: &PublicKey,
) -> Result<(), Unproven> {
    let presented = read(authority, received)?;
    if presented.keyid() != key.thumbprint() {
        return Err(Denial::CredentialUnknown.into());
    }
    let verifier = Verifier::Public(key.clone());
    presented.verify(&received.signed(authority), &verifier)?;
    check_body(received)?;
    let text = presented.nonce()?;
    let (created_at, expires_at) = (presented.created_at(), presented.expires_at());
    let key = KeyId::from_bits(stand_in(key.thumbprint()));
    spend(authority, Once { key, text, created_at, expires_at }).await
}

/// The same for an Ethereum account, by its name: the address, or that and its chain.
pub(crate) async fn possession_of_account(
    authority: &Authority,
    received: Received<'_>,
    name: &str,
) -> Result<(), Unproven> {
    let signer = wallet::signer(authority, received).await?.ok_or(Denial::CredentialMissing)?;
    if !signer.names().iter().any(|signed| signed == name) {
        return Err(Denial::CredentialUnknown.into());
    }
    check_body(received)?;
    let key = KeyId::from_bits(stand_in(name));
    let (created_at, expires_at) = (signer.created_at, signer.expires_at);
    spend(authority, Once { key, text: &signer.nonce, created_at, expires_at }).await
}

/// 128 bits that stand for a key that has no identifier yet: of a digest of its thumbprint.
pub(crate) fn stand_in(thumbprint: &str) -> u128 {
    let mut hashing = Hashing::new(None);
    hashing.update(thumbprint.as_bytes());
    let digest = hashing.finish().unwrap_or_default();
    digest.iter().take(16).fold(0, |bits, byte| (bits << 8) | u128::from(*byte))
}

fn read(authority: &Authority, received: Received<'_>) -> Result<Presented, Denial> {
    let head = received.head;
    let presented = Presented::find(&head.headers)?.ok_or(Denial::CredentialMissing)?;
    if head.headers.contains_key(AUTHORIZATION) {
        return Err(Denial::CredentialConflict("a signature and an Authorization field"));
    }
    presented.check_window(authority.now(), &authority.settings.window)?;
    presented.check_coverage(&received.signed(authority), !received.body.is_empty())?;
    Ok(presented)
}

/// The key of this name, by its id or thumbprint, and its agent. A key that was revoked or has
/// expired proves nothing.
pub(crate) async fn find(authority: &Authority, keyid: &str) -> Result<Proven, Unproven> {
    let mut tx = authority.store.read().await?;
    let key = match KeyId::from_str(keyid) {
        Ok(id) => tx.keys().find(id).await?,
        Err(_) => tx.keys().find_thumbprint(keyid).await?,
    };
    let key = key.ok_or(Denial::CredentialUnknown)?;
    if key.state == KeyState::Revoked {
        return Err(Denial::CredentialRevoked.into());
    }
    if key.expires_at.is_some_and(|end| end <= authority.now()) {
        return Err(Denial::CredentialExpired.into());
    }
    let agent = tx.agents().find(key.agent).await?;
    let agent = agent.ok_or(Fault::Corrupt("a key without its agent"))?;
    Ok(Proven { agent, key })
}

fn verifier(authority: &Authority, key: &Key) -> Result<Verifier, Unproven> {
    Ok(match &key.material {
        Material::PublicJwk(jwk) => Verifier::Public(PublicKey::from_jwk(jwk)?),
        Material::SealedSecret(sealed) => {
            let secret = authority.sealer.open(sealed, &key.id.to_string())?;
            Verifier::Mac(MacKey::new(&secret)?)
        }
        // Not keys that HTTP messages are signed with (RFC 9421).
        Material::Wallet
        | Material::Certificate
        | Material::Spiffe
        | Material::Directory
        | Material::ApiKey
        | Material::Claims(_) => return Err(Denial::CredentialUnknown.into()),
    })
}

fn check_body(received: Received<'_>) -> Result<(), Denial> {
    let expected = Expected::find(&received.head.headers)?;
    if expected.is_none() && !received.body.is_empty() {
        return Err(Denial::DigestMissing);
    }
    let mut hashing = Hashing::new(expected);
    hashing.update(received.body);
    hashing.finish().map(drop)
}

/// Refuses a request that is not signed, before anything of it is read.
pub(crate) fn require_signature(received: Received<'_>) -> Result<(), Denial> {
    Presented::find(&received.head.headers)?.map(drop).ok_or(Denial::CredentialMissing)
}

/// What a proof may be used by only once: a nonce, or the `jti` of an assertion.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Once<'a> {
    /// The key that proved it.
    pub(crate) key: KeyId,
    /// Its text.
    pub(crate) text: &'a str,
    /// When the proof says that it was made.
    pub(crate) created_at: Timestamp,
    /// When the proof stops being valid.
    pub(crate) expires_at: Timestamp,
}

/// Spends it, until the proof would not be accepted any more anyway.
pub(crate) async fn spend(authority: &Authority, once: Once<'_>) -> Result<(), Unproven> {
    let Once { key, text, created_at, expires_at } = once;
    let margin = authority.settings.window.skew_seconds.saturating_add(1);
    let nonce = Nonce { key, text, created_at, until: expires_at.plus_seconds(margin.into()) };
    let fresh = authority.fast.spend_nonce(&nonce, authority.now()).await?;
    if fresh { Ok(()) } else { Err(Denial::NonceReplayed.into()) }
}
