//! The keys that sign access tokens: replaced by operators before their time.

use bailiwick_domain::signing::Stage;
use bailiwick_store::signing_keys::{Duty, SigningPublic};

use crate::authority::Authority;
use crate::govern::effect;
use crate::refusal::Refusal;
use crate::rotation;

/// The keys, newest first, those that count no more too.
pub(crate) async fn list(authority: &Authority) -> Result<Vec<SigningPublic>, Refusal> {
    let keys = authority.store.read().await?.signing_keys().list(Duty::Token).await?;
    Ok(keys.into_iter().map(|key| key.public).collect())
}

/// Lets the next key sign from now on; once for all who ask at the same moment.
///
/// With `revoke`, everything signed before is refused from the next request on; else it is good
/// until it expires.
pub(crate) async fn rotate(
    authority: &Authority,
    revoke: bool,
) -> Result<Vec<SigningPublic>, Refusal> {
    // The one that is meant, before somebody else can have replaced it.
    let seen = authority.store.read().await?.signing_keys().list(Duty::Token).await?;
    let seen = rotation::find(&seen, Stage::Current, authority.now());
    let seen = seen.map(|key| key.public.id.as_str()).unwrap_or_default();
    let mut tx = authority.store.begin().await?;
    let keys = rotation::replace(&mut tx, authority.making(), (seen, revoke)).await?;
    effect::save(tx).await?;
    authority.keys.take_in(&keys, authority.making())?;
    tracing::info!(revoke, "an operator has let the next key sign tokens");
    Ok(keys.into_iter().map(|key| key.public).collect())
}
