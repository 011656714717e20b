//! The caller holds the key, for this very request: the signature verifies, covers what it must, is
//! fresh, and the body is the one that was signed.

use std::rc::Rc;
use std::sync::Arc;

use bailiwick_domain::credential::Strength;
use bailiwick_domain::denial::Denial;
use bailiwick_domain::id::KeyId;
use bailiwick_domain::time::Timestamp;
use bailiwick_proof::digest::{Expected, Hashing};
use bailiwick_proof::jwt::AccessToken;
use bailiwick_proof::message::Presented;

use super::token::Issued;
use crate::asked::Asked;
use crate::core::Gate;
use crate::world::KnownKey;

/// A credential bound to this request by a proof, or by nothing where the token itself is enough.
#[derive(Debug)]
pub struct Bound {
    pub(super) token: Option<Rc<AccessToken>>,
    pub(super) key: Option<Arc<KnownKey>>,
    pub(super) strength: Strength,
    pub(super) nonce: Option<Unspent>,
}

/// A nonce that has not been consumed: that is the last thing to happen.
#[derive(Debug)]
pub struct Unspent {
    pub(super) key: KeyId,
    pub(super) nonce: String,
    pub(super) created_at: Timestamp,
    pub(super) until: Timestamp,
}

/// Checks the proof and the body's digest.
pub async fn check(issued: Issued, asked: &Asked, gate: &Gate<'_>) -> Result<Bound, Denial> {
    let expected = Expected::find(asked.headers())?;
    let Issued { token, signature } = issued;
    let bound = match signature {
        Some(signature) => verify_signature(&signature, token, expected.is_some(), asked, gate)?,
        None => accept_unsigned(token)?,
    };
    asked.payload.settle(Hashing::new(expected), gate.core.settings.bounds.idle).await?;
    Ok(bound)
}

fn verify_signature(
    signature: &Presented,
    token: Option<Rc<AccessToken>>,
    has_digest: bool,
    asked: &Asked,
    gate: &Gate<'_>,
) -> Result<Bound, Denial> {
    let window = &gate.core.settings.window;
    let has_body = !asked.payload.is_empty();
    if has_body && !has_digest {
        return Err(Denial::DigestMissing);
    }
    let key = gate.world.named_key(signature.keyid()).ok_or(Denial::CredentialUnknown)?;
    let request = asked.signed();
    signature.check_window(asked.at(), window)?;
    signature.check_coverage(&request, has_body)?;
    let nonce = signature.nonce()?;
    signature.verify(&request, &key.verifier)?;
    if let Some(token) = &token {
        check_binding(token, key)?;
    }
    let until = signature.expires_at().plus_seconds(i64::from(window.skew_seconds) + 1);
    let created_at = signature.created_at();
    let nonce = Unspent { key: key.id, nonce: nonce.to_owned(), created_at, until };
    let strength = key.verifier.algorithm().strength();
    Ok(Bound { token, key: Some(Arc::clone(key)), strength, nonce: Some(nonce) })
}

/// The token is confirmed by this key (RFC 7800, section 3; `jkt` of RFC 9449, section 6.1). A
/// token bound to nothing and a signature are two ways of identifying.
fn check_binding(token: &AccessToken, key: &KnownKey) -> Result<(), Denial> {
    match &token.cnf_jkt {
        None => Err(Denial::CredentialConflict("a token that is not bound, and a signature")),
        Some(jkt) if jkt != key.verifier.thumbprint() => Err(Denial::ProofMissing),
        Some(_) if token.client_id != key.agent => Err(Denial::AgentMismatch),
        Some(_) => Ok(()),
    }
}

fn accept_unsigned(token: Option<Rc<AccessToken>>) -> Result<Bound, Denial> {
    match token {
        None => Err(Denial::CredentialMissing),
        Some(token) if token.cnf_jkt.is_some() => Err(Denial::ProofMissing),
        token => Ok(Bound { token, key: None, strength: Strength::Bearer, nonce: None }),
    }
}
