//! When the keys that sign access tokens take turns.
//!
//! There is always one that signs and one that is published ahead. Everything is decided in one
//! transaction of the store, and such transactions take turns: of several processes that find a key
//! due at the same time the first replaces it, and the others find that done.

use bailiwick_domain::signing::{Life, Stage};
use bailiwick_domain::time::Timestamp;
use bailiwick_store::Tx;
use bailiwick_store::signing_keys::{Duty, SigningSealed};

use crate::fault::Fault;
use crate::making::Making;
use crate::sealed;

/// A day, in seconds.
const DAY: i64 = 86_400;

/// Whether something is to be done: a key is missing, or the one that signs is as old as it may be
/// and the next one has been published for long enough.
pub(crate) fn is_due(keys: &[SigningSealed], now: Timestamp, days: u32) -> bool {
    let current = find(keys, Stage::Current, now);
    let next = find(keys, Stage::Next, now);
    let (Some(current), Some(next)) = (current, next) else { return true };
    let began = current.public.life.signs_from.unwrap_or(current.public.created_at);
    let period = i64::from(days).saturating_mul(DAY);
    began.plus_seconds(period) <= now && next.public.created_at.plus_seconds(ahead(period)) <= now
}

/// For how long the next key is published at least before it signs, in seconds: whoever keeps a
/// copy of the published keys has it by then.
const fn ahead(period: i64) -> i64 {
    if period / 2 < DAY { period / 2 } else { DAY }
}

/// Does what is due, if anything still is; the keys as they are then.
pub(crate) async fn settle(
    tx: &mut Tx,
    making: Making<'_>,
    days: u32,
) -> Result<Vec<SigningSealed>, Fault> {
    let now = making.clock.now();
    let keys = tx.signing_keys().list(Duty::Token).await?;
    if find(&keys, Stage::Current, now).is_none() || is_due_for_a_turn(&keys, now, days) {
        return turn(tx, making, false).await;
    }
    if find(&keys, Stage::Next, now).is_none() {
        tx.signing_keys().insert(&sealed::make(Duty::Token, making)?).await?;
    }
    Ok(tx.signing_keys().list(Duty::Token).await?)
}

fn is_due_for_a_turn(keys: &[SigningSealed], now: Timestamp, days: u32) -> bool {
    find(keys, Stage::Next, now).is_some() && is_due(keys, now, days)
}

/// Lets the next key sign in the place of this one, as [`turn`] does; unless another has taken its
/// place meanwhile, as when several people ask for that at the same moment. Whoever wants all to be
/// revoked that was signed before gets that, whoever came first. The keys as they are then.
pub(crate) async fn replace(
    tx: &mut Tx,
    making: Making<'_>,
    (seen, revoke): (&str, bool),
) -> Result<Vec<SigningSealed>, Fault> {
    let now = making.clock.now();
    let keys = tx.signing_keys().list(Duty::Token).await?;
    let is_done = |key: &SigningSealed| match key.public.life.stage(now) {
        Stage::Previous => !revoke,
        Stage::Revoked | Stage::Retired => true,
        Stage::Current | Stage::Next => false,
    };
    if keys.iter().any(|key| key.public.id == seen && is_done(key)) {
        return Ok(keys);
    }
    turn(tx, making, revoke).await
}

/// Lets the next key sign at once, and makes another next one. The keys that signed before count
/// on until what they signed has expired; or, revoked, for nothing any more. The keys as they are
/// then.
pub(crate) async fn turn(
    tx: &mut Tx,
    making: Making<'_>,
    revoke: bool,
) -> Result<Vec<SigningSealed>, Fault> {
    let now = making.clock.now();
    let keys = tx.signing_keys().list(Duty::Token).await?;
    for key in &keys {
        let life = key.public.life;
        let stage = life.stage(now);
        if stage == Stage::Current || (revoke && stage == Stage::Previous) {
            let stopped_at = life.stopped_at.or(Some(now));
            let life = Life { stopped_at, revoked_at: revoke.then_some(now), ..life };
            tx.signing_keys().update(&key.public.id, life).await?;
        }
    }
    let begun = Life { signs_from: Some(now), ..Life::default() };
    if let Some(next) = find(&keys, Stage::Next, now) {
        tx.signing_keys().update(&next.public.id, begun).await?;
    } else {
        let mut first = sealed::make(Duty::Token, making)?;
        first.public.life = begun;
        tx.signing_keys().insert(&first).await?;
    }
    tx.signing_keys().insert(&sealed::make(Duty::Token, making)?).await?;
    Ok(tx.signing_keys().list(Duty::Token).await?)
}

/// The newest key at this stage; the keys come newest first.
pub(crate) fn find(keys: &[SigningSealed], stage: Stage, now: Timestamp) -> Option<&SigningSealed> {
    keys.iter().find(|key| key.public.life.stage(now) == stage)
}

#[cfg(test)]
mod tests {
    use bailiwick_domain::credential::Algorithm;
    use bailiwick_store::signing_keys::SigningPublic;

    use super::*;

    fn key(created_at: i64, signs_from: Option<i64>) -> SigningSealed {
        let at = Timestamp::from_seconds;
        let public = SigningPublic {
            id: created_at.to_string(),
            duty: Duty::Token,
            algorithm: Algorithm::EcdsaP256Sha256,
            jwk: String::new(),
            created_at: at(created_at),
            life: Life { signs_from: signs_from.map(at), ..Life::default() },
        };
        SigningSealed { public, sealed: Vec::new() }
    }

    #[test]
    fn a_key_is_replaced_at_its_age_by_one_that_was_published_for_long_enough() {
        let check = |keys: &[SigningSealed], now: i64, expected: bool| {
            let found = is_due(keys, Timestamp::from_seconds(now), 2);
            assert_eq!(found, expected, "at {now}");
        };
        let early = [key(1, None), key(0, Some(0))];
        check(&early, 2 * DAY - 1, false);
        check(&early, 2 * DAY, true);
        let late = [key(2 * DAY - 5, None), key(0, Some(0))];
        check(&late, 3 * DAY - 6, false);
        check(&late, 3 * DAY - 5, true);
        check(&[key(0, Some(0))], 0, true);
        check(&[key(0, None)], 0, true);
        check(&[], 0, true);
    }

    #[test]
    fn the_next_key_is_published_a_day_ahead_or_half_the_period() {
        for (days, expected) in [(1, DAY / 2), (2, DAY), (3, DAY), (30, DAY), (365, DAY)] {
            assert_eq!(ahead(days * DAY), expected, "{days} days");
        }
    }
}
