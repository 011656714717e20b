//! A message signature (RFC 9421), alone or by the key that a token is bound to.

use std::rc::Rc;
use std::sync::Arc;

use bailiwick_domain::denial::Denial;
use bailiwick_proof::jwt::AccessToken;
use bailiwick_proof::keys::Verifier;
use bailiwick_proof::message::Presented;

use super::bound::{Bound, Unspent};
use crate::asked::Asked;
use crate::core::Gate;
use crate::world::KnownKey;

/// Verifies the signature by the key that it names.
pub(super) fn verify(
    signature: &Presented,
    token: Option<Rc<AccessToken>>,
    has_digest: bool,
    (asked, gate): (&Asked, &Gate<'_>),
) -> Result<Bound, Denial> {
    let window = &gate.core.settings.window;
    let has_body = !asked.payload.is_empty();
    if has_body && !has_digest {
        return Err(Denial::DigestMissing);
    }
    let key = gate.world.named_key(signature.keyid()).ok_or(Denial::CredentialUnknown)?;
    let verifier = key.verifier().ok_or(Denial::CredentialUnknown)?;
    let request = asked.signed();
    signature.check_window(asked.at(), window)?;
    signature.check_coverage(&request, has_body)?;
    let nonce = signature.nonce()?;
    signature.verify(&request, verifier)?;
    if let Some(token) = &token {
        check_binding(token, key, verifier)?;
    }
    let until = signature.expires_at().plus_seconds(i64::from(window.skew_seconds) + 1);
    let created_at = signature.created_at();
    let nonce = Unspent { key: key.id, nonce: nonce.to_owned(), created_at, until };
    let strength = verifier.algorithm().strength();
    Ok(Bound { token, key: Some(Arc::clone(key)), strength, nonce: Some(nonce) })
}

/// The token is confirmed by this key (RFC 7800, section 3; `jkt` of RFC 9449, section 6.1). A
/// token bound to nothing and a signature are two ways of identifying.
fn check_binding(token: &AccessToken, key: &KnownKey, verifier: &Verifier) -> Result<(), Denial> {
    match token.cnf.as_ref().map(|cnf| cnf.jkt()) {
        None => Err(Denial::CredentialConflict("a token that is not bound, and a signature")),
        Some(jkt) if jkt != Some(verifier.thumbprint()) => Err(Denial::ProofMissing),
        Some(_) if token.client_id != key.agent => Err(Denial::AgentMismatch),
        Some(_) => Ok(()),
    }
}
