//! A message signature (RFC 9421): by a key of the agent's, by one derived from it, or by the key
//! that a token is bound to.

use std::rc::Rc;
use std::sync::Arc;

use bailiwick_domain::denial::Denial;
use bailiwick_domain::id::KeyId;
use bailiwick_proof::derived::DerivedKeyId;
use bailiwick_proof::jwt::{AccessToken, Confirmation};
use bailiwick_proof::keys::Verifier;
use bailiwick_proof::message::Presented;

use super::bound::{Bound, Unspent};
use super::derived;
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
    if !asked.payload.is_empty() && !has_digest {
        return Err(Denial::DigestMissing);
    }
    if DerivedKeyId::is_claimed(signature.keyid()) {
        return verify_derived(signature, token.as_deref(), (asked, gate));
    }
    let key = gate.world.named_key(signature.keyid()).ok_or(Denial::CredentialUnknown)?;
    let verifier = key.verifier().ok_or(Denial::CredentialUnknown)?;
    let nonce = verify_by(verifier, signature, key.id, (asked, gate))?;
    if let Some(token) = &token {
        check_binding(token, key, verifier)?;
    }
    let strength = verifier.algorithm().strength();
    Ok(Bound { token, under: None, key: Some(Arc::clone(key)), strength, nonce: Some(nonce) })
}

/// Verifies by a derived key. What stands for it from here on is the key that bought it: with that
/// one it is revoked, and it is narrowed with its agent, and to its task where it is for one.
fn verify_derived(
    signature: &Presented,
    token: Option<&AccessToken>,
    (asked, gate): (&Asked, &Gate<'_>),
) -> Result<Bound, Denial> {
    if token.is_some() {
        return Err(Denial::CredentialConflict("a token, and the signature of a derived key"));
    }
    let keyid = signature.keyid();
    let (known, until) = derived::find(keyid, (asked, gate))?;
    let parent = gate.world.key(known.parent).filter(|key| key.agent == known.agent);
    let parent = Arc::clone(parent.ok_or(Denial::CredentialUnknown)?);
    let nonce = verify_by(&known.verifier, signature, parent.id, (asked, gate))?;
    let (strength, under) = (known.verifier.algorithm().strength(), known.under);
    if let Some(until) = until {
        derived::remember(keyid, known, until, gate);
    }
    Ok(Bound { token: None, under, key: Some(parent), strength, nonce: Some(nonce) })
}

/// Window, coverage, nonce and the signature itself; the nonce is still to be spent.
pub(super) fn verify_by(
    verifier: &Verifier,
    signature: &Presented,
    spent_by: KeyId,
    (asked, gate): (&Asked, &Gate<'_>),
) -> Result<Unspent, Denial> {
    let request = asked.signed();
    signature.check_window(asked.at(), &gate.core.settings.window)?;
    signature.check_coverage(&request, !asked.payload.is_empty())?;
    let nonce = unspent(signature, spent_by, gate)?;
    signature.verify(&request, verifier)?;
    Ok(nonce)
}

/// The signature's nonce, to be spent in the name of a key.
pub(super) fn unspent(
    signature: &Presented,
    key: KeyId,
    gate: &Gate<'_>,
) -> Result<Unspent, Denial> {
    let nonce = signature.nonce()?.to_owned();
    let skew = i64::from(gate.core.settings.window.skew_seconds);
    let until = signature.expires_at().plus_seconds(skew + 1);
    Ok(Unspent { key, nonce, created_at: signature.created_at(), until })
}

/// The token is confirmed by this key (RFC 7800, section 3; `jkt` of RFC 9449, section 6.1). A
/// token bound to nothing and a signature are two ways of identifying.
fn check_binding(token: &AccessToken, key: &KnownKey, verifier: &Verifier) -> Result<(), Denial> {
    match &token.cnf {
        None => Err(Denial::CredentialConflict("a token that is not bound, and a signature")),
        Some(Confirmation::Key(jkt)) if jkt != verifier.thumbprint() => Err(Denial::ProofMissing),
        Some(Confirmation::Certificate(_)) => Err(Denial::ProofMissing),
        Some(Confirmation::Key(_)) if token.client_id != key.agent => Err(Denial::AgentMismatch),
        Some(Confirmation::Key(_)) => Ok(()),
    }
}
