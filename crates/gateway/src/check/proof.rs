//! The caller holds the key, for this very request: the proof verifies, covers what it must, is
//! fresh, and the body is the one that it was made for.

mod bound;
mod signature;

use std::rc::Rc;

use bailiwick_domain::credential::Strength;
use bailiwick_domain::denial::Denial;
use bailiwick_proof::digest::{Expected, Hashing};
use bailiwick_proof::jwt::AccessToken;

pub use bound::{Bound, Unspent};

use super::credential::Proof;
use super::token::Issued;
use crate::asked::Asked;
use crate::core::Gate;

/// Checks the proof and the body's digest.
pub async fn check(issued: Issued, asked: &Asked, gate: &Gate<'_>) -> Result<Bound, Denial> {
    let expected = Expected::find(asked.headers())?;
    let Issued { token, proof } = issued;
    let bound = match proof {
        Proof::Signature(signature) => {
            signature::verify(&signature, token, expected.is_some(), (asked, gate))?
        }
        Proof::Nothing => accept_unproven(token)?,
    };
    asked.payload.settle(Hashing::new(expected), gate.core.settings.bounds.idle).await?;
    Ok(bound)
}

fn accept_unproven(token: Option<Rc<AccessToken>>) -> Result<Bound, Denial> {
    match token {
        None => Err(Denial::CredentialMissing),
        Some(token) if token.cnf.is_some() => Err(Denial::ProofMissing),
        token => Ok(Bound { token, key: None, strength: Strength::Bearer, nonce: None }),
    }
}
