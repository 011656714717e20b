//! The token verifies: signature, issuer, type and time (RFC 9068, section 4). Offline, and once: a
//! token that verified before is found again by its whole text.

use std::rc::Rc;

use bailiwick_domain::denial::Denial;
use bailiwick_proof::jwt::AccessToken;

use super::credential::{Claimed, Proof};
use crate::asked::Asked;
use crate::core::Gate;

/// A claim whose token, if it has one, was issued by the issuer and is still valid.
#[derive(Debug)]
pub struct Issued {
    pub(super) token: Option<Rc<AccessToken>>,
    pub(super) proof: Proof,
}

/// Verifies the token, if there is one.
pub fn verify(claimed: Claimed<'_>, asked: &Asked, gate: &Gate<'_>) -> Result<Issued, Denial> {
    let token = match claimed.token {
        Some(text) => Some(find_or_verify(text, asked, gate)?),
        None => None,
    };
    Ok(Issued { token, proof: claimed.proof })
}

fn find_or_verify(text: &str, asked: &Asked, gate: &Gate<'_>) -> Result<Rc<AccessToken>, Denial> {
    let edition = gate.world.issuer_edition;
    if let Some(known) = gate.core.with_tokens(edition, |tokens| tokens.find(text, asked.at())) {
        return Ok(known);
    }
    let verified = Rc::new(AccessToken::verify(text, &gate.world.issuer, asked.at())?);
    gate.core.with_tokens(edition, |tokens| tokens.insert(text, Rc::clone(&verified)));
    Ok(verified)
}
