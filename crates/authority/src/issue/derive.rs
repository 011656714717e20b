//! Derived keys: one proof by the agent's own key buys an hour of cheap signatures.

use bailiwick_domain::agent::State;
use bailiwick_domain::credential::{Algorithm, Strength};
use bailiwick_domain::denial::Denial;
use bailiwick_domain::time::Timestamp;
use bailiwick_proof::derived::{DerivedKeyId, MAX_SECONDS, Wanted};
use bailiwick_vault::hpke::{self, Sealed};

use crate::authority::Authority;
use crate::prove::{self, Received};
use crate::refusal::Refusal;

/// What the sealed key is for: nothing that was sealed for another purpose opens as one.
pub(crate) const INFO: &str = "bailiwick derived key 1";

/// A key that was derived, sealed to who asked.
#[derive(Debug)]
pub(crate) struct Derived {
    /// Its name, the `keyid` of what it signs, and the additional data of the seal.
    pub(crate) id: DerivedKeyId,
    /// The 32 secret bytes, sealed.
    pub(crate) sealed: Sealed,
    /// When it stops being good.
    pub(crate) expires_at: Timestamp,
}

/// Derives a key for the agent whose key signed this request, and seals it to the recipient. What
/// was proved by less than the agent's own key buys nothing: a derived key would outlive it.
pub(crate) async fn derive(
    authority: &Authority,
    received: Received<'_>,
    (recipient, ttl_seconds): (&[u8; 32], u32),
) -> Result<Derived, Refusal> {
    if !(1..=u32::try_from(MAX_SECONDS).unwrap_or(0)).contains(&ttl_seconds) {
        return Err(Refusal::Malformed("`ttl_seconds` is 1 to 3600".to_owned()));
    }
    let proven = prove::by_agent(authority, received).await?;
    if proven.key.algorithm.map(Algorithm::strength) != Some(Strength::Key) {
        return Err(Denial::ProofTooWeak { required: Strength::Key }.into());
    }
    match proven.agent.state {
        State::Active => {}
        State::Pending => return Err(Denial::AgentPending.into()),
        State::Suspended => return Err(Denial::AgentSuspended.into()),
        State::Retired => return Err(Denial::AgentRetired.into()),
    }
    let now = authority.now();
    let audience = &authority.settings.gateway;
    let (key, agent) = (proven.key.id, proven.agent.id);
    let wanted = Wanted { key, agent, audience, ttl_seconds };
    let known = authority.roots().await?;
    let id = known.roots.name(&wanted, now, &authority.entropy);
    let secret = known.roots.secret(&id)?;
    let name = id.to_string();
    let sealed = hpke::seal_to(recipient, INFO.as_bytes(), name.as_bytes(), &*secret);
    let unusable = |_| Refusal::Malformed("`public_key` is no X25519 key".to_owned());
    Ok(Derived { id, sealed: sealed.map_err(unusable)?, expires_at: id.expires_at() })
}
