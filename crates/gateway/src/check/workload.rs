//! A token that another issuer made for a workload: an OpenID Connect token under a rule of one of
//! our credentials, or a JWT-SVID. Where an API takes it directly it counts as a bearer's.

use std::sync::Arc;

use bailiwick_domain::denial::Denial;
use bailiwick_domain::time::Timestamp;
use bailiwick_proof::jwt::{Expectation, JwtSvid, SvidExpectation, WorkloadToken};

use crate::asked::Asked;
use crate::core::Gate;
use crate::world::{KnownKey, Proves};

/// The longest that a workload's token may live, in seconds.
const LONGEST_SECONDS: u32 = 86_400;

/// The credential that a token stood for before, as long as it has not expired and no issuer has
/// changed; whether the credential still stands is asked each time.
pub(super) fn seen(text: &str, asked: &Asked, gate: &Gate<'_>) -> Option<Arc<KnownKey>> {
    let edition = gate.world.workloads().edition();
    let id = gate.core.workloads.borrow_mut().find(edition, text, asked.at())?;
    gate.world.key(id).map(Arc::clone)
}

/// The credential that the token stands for, verified and then remembered.
pub(super) async fn identify(
    text: &str,
    asked: &Asked,
    gate: &Gate<'_>,
) -> Result<Arc<KnownKey>, Denial> {
    let edition = gate.world.workloads().edition();
    let (key, until) = match JwtSvid::claimed_id(text) {
        Ok(_) => verify_svid(text, asked, gate).await?,
        Err(_) => verify_claims(text, asked, gate).await?,
    };
    gate.core.workloads.borrow_mut().insert(edition, text, key.id, until);
    Ok(key)
}

async fn verify_svid(
    text: &str,
    asked: &Asked,
    gate: &Gate<'_>,
) -> Result<(Arc<KnownKey>, Timestamp), Denial> {
    let claimed = JwtSvid::claimed_id(text)?;
    let key = gate.world.found_by(&claimed.to_string());
    let key = key.filter(|key| matches!(key.proves, Proves::Spiffe));
    let key = Arc::clone(key.ok_or(Denial::CredentialUnknown)?);
    let settings = &gate.core.settings;
    let expected = SvidExpectation {
        trust_domain: claimed.trust_domain(),
        audience: &settings.audience,
        now: asked.at(),
        skew_seconds: settings.window.skew_seconds,
    };
    let svid = gate.core.outside.trust.jwt_svid(text, &expected).await?;
    Ok((key, svid.expires_at()))
}

async fn verify_claims(
    text: &str,
    asked: &Asked,
    gate: &Gate<'_>,
) -> Result<(Arc<KnownKey>, Timestamp), Denial> {
    let claimed = WorkloadToken::claimed_issuer(text)?;
    let untrusted = Denial::TokenInvalid("its issuer is not one that is trusted here");
    let issuer = gate.world.workloads().issuer(&claimed).ok_or(untrusted)?;
    let expected = Expectation {
        issuer: &issuer.url,
        audience: &issuer.audience,
        now: asked.at(),
        skew_seconds: gate.core.settings.window.skew_seconds,
        max_lifetime_seconds: LONGEST_SECONDS,
    };
    let token = gate.core.outside.trust.workload_token(text, &expected).await?;
    let mut matching =
        gate.world.workloads().rules_of(&issuer.url).iter().filter(|known| match &known.proves {
            Proves::Claims(rule) => rule.matches(&token),
            _ => false,
        });
    match (matching.next(), matching.next()) {
        (Some(key), None) => Ok((Arc::clone(key), token.expires_at())),
        (None, _) => Err(Denial::CredentialUnknown),
        (Some(_), Some(_)) => {
            Err(Denial::CredentialConflict("the token fits the rules of more than one credential"))
        }
    }
}
