//! Derived keys: one proof by the agent's own key buys an hour of cheap signatures.

use bailiwick_domain::agent::State;
use bailiwick_domain::credential::{Algorithm, Strength};
use bailiwick_domain::denial::Denial;
use bailiwick_domain::id::{AgentId, GrantId, TaskId};
use bailiwick_domain::time::Timestamp;
use bailiwick_proof::derived::{DerivedKeyId, MAX_SECONDS, Wanted};
use bailiwick_vault::hpke::{self, Sealed};

use crate::authority::Authority;
use crate::issue::line::Line;
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

/// What a derived key is asked for with.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Asked<'a> {
    /// The X25519 public key that it is sealed to.
    pub(crate) recipient: &'a [u8; 32],
    /// How long it is to be good, in seconds.
    pub(crate) ttl_seconds: u32,
    /// The task that it is for, if it is for one.
    pub(crate) task: Option<&'a str>,
}

/// Derives a key for the agent whose key signed this request, and seals it to the recipient. What
/// was proved by less than the agent's own key buys nothing: a derived key would outlive it.
pub(crate) async fn derive(
    authority: &Authority,
    received: Received<'_>,
    wanted: &Asked<'_>,
) -> Result<Derived, Refusal> {
    let Asked { recipient, ttl_seconds, task } = *wanted;
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
    let (under, ttl_seconds) = match task {
        Some(task) => find_task(authority, task, agent, ttl_seconds).await?,
        None => (None, ttl_seconds),
    };
    let wanted = Wanted { key, agent, under, audience, ttl_seconds };
    let known = authority.roots().await?;
    let id = known.roots.name(&wanted, now, &authority.entropy);
    let secret = known.roots.secret(&id)?;
    let name = id.to_string();
    let sealed = hpke::seal_to(recipient, INFO.as_bytes(), name.as_bytes(), &*secret);
    let unusable = |_| Refusal::Malformed("`public_key` is no X25519 key".to_owned());
    Ok(Derived { id, sealed: sealed.map_err(unusable)?, expires_at: id.expires_at() })
}

/// The grant of a live task of this agent's, and how long a key for it is good: no longer than the
/// task.
async fn find_task(
    authority: &Authority,
    task: &str,
    agent: AgentId,
    ttl_seconds: u32,
) -> Result<(Option<GrantId>, u32), Refusal> {
    let none = || Refusal::NotFound("task");
    let id: TaskId = task.parse().map_err(|_| none())?;
    let now = authority.now();
    let mut tx = authority.store.begin().await?;
    let grant = tx.grants().find_task(id).await?.filter(|grant| grant.agent == agent);
    let line = Line::find(&mut tx, grant.ok_or_else(none)?.id, now).await?.ok_or_else(none)?;
    let left = u32::try_from(line.expires_at().millis_since(now) / 1_000).unwrap_or(u32::MAX);
    Ok((Some(line.leaf().id), ttl_seconds.min(left)))
}
