//! What every token of another issuer goes through before any of its claims counts.

use bailiwick_domain::denial::Denial;
use bailiwick_domain::time::Timestamp;
use serde_json::{Map, Value};

use super::claims::Claims;
use crate::jws::Compact;
use crate::keys::{IssuerAlgorithm, IssuerKeys};

/// How deep claims may be nested.
const MAX_DEPTH: usize = 8;
/// The most values that claims consist of, nested ones included.
const MAX_VALUES: usize = 1_024;
/// The longest issuer, subject and audience, in bytes.
pub(super) const MAX_NAME: usize = 2_048;

/// The name of the key that a token of another issuer claims to be signed with, if it names one.
/// Nothing is verified.
pub fn claimed_kid(token: &str) -> Result<Option<String>, Denial> {
    Ok(Compact::read(token)?.text("kid")?.map(str::to_owned))
}

/// The claims of a token that verifies under the key of `keys` that it names, by an algorithm that
/// this key is pinned to.
pub(super) fn verify(
    compact: &Compact<'_>,
    algorithm: IssuerAlgorithm,
    keys: &IssuerKeys,
) -> Result<Claims, Denial> {
    let key = keys.find(compact.text("kid")?);
    let key = key.ok_or(Denial::TokenInvalid("the token's key is not one of its issuer"))?;
    let claims = compact.verified(|signed, signature| {
        let verified = key.verify(algorithm, signed, signature);
        verified.map_err(|_| Denial::TokenInvalid("the token's signature does not verify"))
    })?;
    check_size(&claims)?;
    Ok(Claims(claims))
}

/// The algorithm that the header names, where it is on the closed list.
pub(super) fn algorithm(compact: &Compact<'_>) -> Result<IssuerAlgorithm, Denial> {
    let named = compact.text("alg")?.and_then(IssuerAlgorithm::from_name);
    named.ok_or(Denial::TokenInvalid("the token's algorithm is not accepted"))
}

/// Whether the token is over, or dated ahead of what the issuer's clock may be ahead.
pub(super) fn check_time(claims: &Claims, now: Timestamp, skew_seconds: u32) -> Result<(), Denial> {
    if now >= Timestamp::from_seconds(claims.seconds("exp")?) {
        return Err(Denial::TokenExpired);
    }
    let latest = now.plus_seconds(i64::from(skew_seconds));
    for name in ["iat", "nbf"] {
        let begins = claims.seconds_if_any(name)?.map(Timestamp::from_seconds);
        if begins.is_some_and(|begins| begins > latest) {
            return Err(Denial::TokenInvalid("iat or nbf is in the future"));
        }
    }
    Ok(())
}

/// Refuses claims that are nested deeper or are more than anything that reads them later should
/// have to follow.
fn check_size(claims: &Map<String, Value>) -> Result<(), Denial> {
    let mut level: Vec<&Value> = claims.values().collect();
    let mut values = level.len();
    for _ in 0..MAX_DEPTH {
        level = level.into_iter().flat_map(children).collect();
        values = values.saturating_add(level.len());
        if level.is_empty() && values <= MAX_VALUES {
            return Ok(());
        }
    }
    Err(Denial::TokenInvalid("the token's claims are too many, or nested too deep"))
}

fn children(value: &Value) -> Box<dyn Iterator<Item = &Value> + '_> {
    match value {
        Value::Array(elements) => Box::new(elements.iter()),
        Value::Object(members) => Box::new(members.values()),
        _ => Box::new(std::iter::empty()),
    }
}
