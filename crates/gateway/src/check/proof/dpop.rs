//! DPoP (RFC 9449): the token's key signs a proof for this method, this target and this token.

use std::rc::Rc;

use bailiwick_domain::credential::Strength;
use bailiwick_domain::denial::Denial;
use bailiwick_domain::id::KeyId;
use bailiwick_proof::dpop::{self, Expectation};
use bailiwick_proof::jwt::{AccessToken, Confirmation};

use super::bound::{Bound, Unspent};
use crate::asked::Asked;
use crate::asked::facts::Challenge;
use crate::challenged;
use crate::core::Gate;

/// Verifies the proof, and that the token is bound to its key (RFC 9449, section 7.1).
pub(super) fn verify(
    proof: &str,
    token: Rc<AccessToken>,
    text: &str,
    (asked, gate): (&Asked, &Gate<'_>),
) -> Result<Bound, Denial> {
    asked.facts.note(|known| known.challenge = Some(Challenge::Dpop(None)));
    let nonces = gate.world.derivation().nonces().ok_or(Denial::Unavailable)?;
    let expected = Expectation {
        method: asked.parts.method.as_str(),
        scheme: asked.arrival.scheme,
        authority: &asked.authority,
        path: asked.target.path(),
        token: Some(text),
        now: asked.at(),
        window: gate.core.settings.window,
        nonces: Some(nonces),
    };
    let proven =
        dpop::verify(proof, &expected).map_err(|refused| challenged::dpop(refused, asked))?;
    match &token.cnf {
        Some(Confirmation::Key(jkt)) if *jkt == proven.jkt => {}
        _ => return Err(Denial::TokenInvalid("the token is not bound to the key of the proof")),
    }
    let nonce = Unspent {
        // Proofs of a token that descends from no key are told apart by its agent.
        key: token.key_id.unwrap_or(KeyId::from_bits(token.client_id.bits())),
        nonce: format!("dpop:{}:{}", proven.jkt, proven.jti),
        created_at: proven.iat,
        until: proven.until,
    };
    Ok(Bound {
        token: Some(token),
        under: None,
        key: None,
        strength: Strength::Key,
        nonce: Some(nonce),
    })
}
