//! The caller holds the key, for this very request: the proof verifies, covers what it must, is
//! fresh, and the body is the one that it was made for.

mod api_key;
mod bot;
mod bound;
mod certificate;
mod derived;
mod dpop;
mod signature;
mod wallet;
mod webhook;

use bailiwick_domain::denial::Denial;
use bailiwick_proof::digest::{Expected, Hashing};

pub use bound::{Bound, Unspent};

use super::credential::Proof;
use super::token::{Issued, Token};
use crate::asked::Asked;
use crate::asked::passing::Passing;
use crate::core::Gate;

/// Checks the proof and the body's digest.
pub async fn check(issued: Issued<'_>, asked: &Asked, gate: &Gate<'_>) -> Result<Bound, Denial> {
    let expected = Expected::find(asked.headers())?;
    let has_digest = expected.is_some();
    let (bound, mac) = match (issued.token, issued.proof) {
        (None, Proof::Webhook(signature)) => {
            let (bound, checking) = webhook::verify(&signature, (asked, gate))?;
            (bound, Some(checking))
        }
        (token, proof) => (verify(token, proof, has_digest, (asked, gate)).await?, None),
    };
    certificate::agrees(&bound, asked, gate)?;
    let passing = Passing::new(Hashing::new(expected), mac);
    asked.payload.settle(passing, gate.core.settings.bounds.idle).await?;
    Ok(bound)
}

/// Verifies what proves that the token, if there is one, or the credential is the caller's.
async fn verify(
    token: Option<Token<'_>>,
    proof: Proof<'_>,
    has_digest: bool,
    (asked, gate): (&Asked, &Gate<'_>),
) -> Result<Bound, Denial> {
    match (token, proof) {
        (None, Proof::Signature(signature)) => {
            signature::verify(&signature, None, has_digest, (asked, gate))
        }
        (Some(Token::Own(token, _)), Proof::Signature(signature)) => {
            signature::verify(&signature, Some(token), has_digest, (asked, gate))
        }
        (Some(Token::Own(token, text)), Proof::Dpop(proof)) => {
            dpop::verify(proof, token, text, (asked, gate))
        }
        (Some(Token::Own(token, _)), Proof::Nothing) => certificate::confirm(token, asked),
        (Some(Token::Workload(key)), Proof::Nothing) => Ok(Bound::bearer(None, Some(key))),
        (None, Proof::Bot(signature, agent)) => {
            bot::verify(&signature, &agent, (asked, gate)).await
        }
        (None, Proof::Wallet(candidates)) => wallet::verify(candidates, (asked, gate)).await,
        (None, Proof::ApiKey(digest)) => api_key::verify(&digest, gate),
        (None, Proof::Nothing) => certificate::verify((asked, gate)).await,
        (Some(_), _) | (None, Proof::Dpop(_) | Proof::Webhook(_)) => {
            Err(Denial::CredentialConflict("a token, and a proof that it is not bound to"))
        }
    }
}
