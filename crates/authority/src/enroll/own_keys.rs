//! Keys that an agent registers and revokes by itself: the next with the present one.

use bailiwick_domain::agent::Agent;
use bailiwick_domain::credential::{Algorithm, Key, KeyState, Strength};
use bailiwick_domain::denial::Denial;
use bailiwick_domain::id::KeyId;
use bailiwick_domain::signal::{Cause, Initiator};
use bailiwick_proof::keys::PublicKey;
use bailiwick_store::Tx;

use crate::authority::Authority;
use crate::fault::Fault;
use crate::govern::{credentials, effect};
use crate::issue::task;
use crate::prove::Proven;
use crate::refusal::Refusal;

/// The most active keys of one agent that it registered itself: few, so that a thief takes
/// no place that operators need.
const OWN_KEYS: usize = 4;

/// Checks that this key of this agent may register and revoke: by a proof that its holder alone can
/// make, for an agent that may act.
pub(crate) fn check_signer(proven: &Proven) -> Result<(), Refusal> {
    task::check_state(&proven.agent)?;
    match proven.key.algorithm.map(Algorithm::strength) {
        Some(Strength::Key) => Ok(()),
        Some(Strength::Mac | Strength::Bearer) | None => {
            Err(Denial::ProofTooWeak { required: Strength::Key }.into())
        }
    }
}

/// Registers a key that was proven, for the agent whose key signed for it. It is worth no more than
/// that one: good for as much, from where that is and until that ends.
pub(crate) async fn add(
    authority: &Authority,
    signer: &Proven,
    public: &PublicKey,
) -> Result<Key, Refusal> {
    let mut tx = authority.store.begin().await?;
    let (agent, keys) = standing(&mut tx, signer.key.id).await?;
    let active: Vec<&Key> = keys.iter().filter(|key| key.state == KeyState::Active).collect();
    let own = active.iter().filter(|key| key.registered_by.is_some()).count();
    if own >= OWN_KEYS || active.len() >= credentials::ACTIVE_KEYS {
        return Err(Refusal::KeysTooMany);
    }
    check_free(&mut tx, &agent, public).await?;
    let id = KeyId::fresh(authority.now(), &authority.entropy);
    let Key { scopes, networks, expires_at, .. } = signer.key.clone();
    let fresh = credentials::public_key(authority, id, &agent, public);
    let key = Key { scopes, networks, expires_at, registered_by: Some(signer.key.id), ..fresh };
    tx.because(by_agent("the agent registered a key with another of its own"));
    tx.keys().insert(&key).await?;
    effect::save(tx).await?;
    let (agent, registered_by) = (agent.id, signer.key.id);
    tracing::info!(%agent, key = %id, %registered_by, "an agent registered a key");
    Ok(key)
}

/// Revokes another key of the same agent: one that the key which signed was registered with, or
/// that was registered with that one. Revoking it again changes nothing.
pub(crate) async fn revoke(
    authority: &Authority,
    signer: &Proven,
    id: KeyId,
) -> Result<(), Refusal> {
    let mut tx = authority.store.begin().await?;
    let by = signer.key.id;
    let (agent, keys) = standing(&mut tx, by).await?;
    let key = keys.iter().find(|key| key.id == id).ok_or(Refusal::NotFound("key"))?;
    if id == by {
        return Err(Refusal::KeyKept("a key does not revoke itself"));
    }
    let signed_by = keys.iter().find(|key| key.id == by);
    let is_above = signed_by.is_some_and(|signed_by| signed_by.descends_from(id, &keys));
    if !is_above && !key.descends_from(by, &keys) {
        return Err(Refusal::KeyKept("neither key was registered with the other"));
    }
    tx.because(by_agent("the agent revoked a key of its own"));
    tx.keys().revoke(id, authority.now()).await?;
    effect::save(tx).await?;
    tracing::info!(agent = %agent.id, key = %id, %by, "an agent revoked a key");
    Ok(())
}

/// The agent of the key that signed, and all its keys, as they are now that nobody else writes.
async fn standing(tx: &mut Tx, by: KeyId) -> Result<(Agent, Vec<Key>), Refusal> {
    let key = tx.keys().find(by).await?.ok_or(Denial::CredentialUnknown)?;
    if key.state == KeyState::Revoked {
        return Err(Denial::CredentialRevoked.into());
    }
    let agent = tx.agents().find(key.agent).await?;
    let agent = agent.ok_or(Fault::Corrupt("a key without its agent"))?;
    task::check_state(&agent)?;
    let keys = tx.keys().list(Some(agent.id)).await?;
    Ok((agent, keys))
}

/// Whose a key is that is known already is not told; the log says it.
async fn check_free(tx: &mut Tx, agent: &Agent, public: &PublicKey) -> Result<(), Refusal> {
    let Some(known) = tx.keys().find_thumbprint(public.thumbprint()).await? else { return Ok(()) };
    let (agent, key, holder) = (agent.id, known.id, known.agent);
    tracing::warn!(%agent, %key, %holder, "an agent wants a key that it cannot have");
    Err(Refusal::IdentityTaken)
}

fn by_agent(reason: &str) -> Cause {
    Cause { initiator: Initiator::User, reason: reason.to_owned() }
}
