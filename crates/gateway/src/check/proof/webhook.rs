//! The simple form: an HMAC in one line, for clients without a signature library. It covers method,
//! target and body, but no host; what it proves is a shared secret.

use std::sync::Arc;

use bailiwick_domain::credential::Strength;
use bailiwick_domain::denial::Denial;
use bailiwick_domain::id::AgentId;
use bailiwick_proof::keys::{MacKey, Verifier};
use bailiwick_proof::webhook::{Checking, Presented};

use super::bound::{Bound, Unspent};
use crate::asked::Asked;
use crate::core::Gate;
use crate::world::KnownKey;

/// Checks all but the body, and begins to check that.
pub(super) fn verify(
    signature: &Presented,
    (asked, gate): (&Asked, &Gate<'_>),
) -> Result<(Bound, Checking), Denial> {
    let window = &gate.core.settings.window;
    let key = find(signature, asked, gate).ok_or(Denial::CredentialUnknown)?;
    let secret = secret(key).ok_or(Denial::CredentialUnknown)?;
    signature.check_window(asked.at(), window)?;
    let nonce = signature.nonce()?.to_owned();
    let target = asked.target.path_and_query().as_str();
    let checking = signature.begin(secret, &asked.parts.method, target)?;
    let until = signature.expires_at(window).plus_seconds(i64::from(window.skew_seconds) + 1);
    let created_at = signature.created_at();
    let nonce = Some(Unspent { key: key.id, nonce, created_at, until });
    let key = Some(Arc::clone(key));
    Ok((Bound { token: None, under: None, key, strength: Strength::Mac, nonce }, checking))
}

/// The key that the signature names or, when it names none, the one secret of the agent whose id
/// is in `X-Agent-ID`. The name is a claim that the HMAC then proves or does not.
fn find<'a>(signature: &Presented, asked: &Asked, gate: &'a Gate<'_>) -> Option<&'a Arc<KnownKey>> {
    if let Some(id) = signature.key() {
        return gate.world.key(id);
    }
    let named = asked.headers().get("x-agent-id")?.to_str().ok()?;
    gate.world.secret_of(named.parse::<AgentId>().ok()?)
}

fn secret(key: &KnownKey) -> Option<&MacKey> {
    match key.verifier() {
        Some(Verifier::Mac(secret)) => Some(secret),
        Some(Verifier::Public(_) | Verifier::Wallet(_)) | None => None,
    }
}
