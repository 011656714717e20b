//! The token verifies: signature, issuer, type and time (RFC 9068, section 4). Offline, and once: a
//! token that verified before is found again by its whole text.

use std::rc::Rc;
use std::sync::Arc;

use bailiwick_domain::denial::Denial;
use bailiwick_proof::jwt::{AccessToken, JwtSvid, WorkloadToken};

use super::credential::{Claimed, Proof};
use super::workload;
use crate::asked::Asked;
use crate::core::Gate;
use crate::world::KnownKey;

/// A claim whose token, if it has one, was made by an issuer that is trusted and is still valid.
#[derive(Debug)]
pub struct Issued<'a> {
    pub(super) token: Option<Token<'a>>,
    pub(super) proof: Proof<'a>,
}

/// A token that verified.
#[derive(Debug)]
pub(super) enum Token<'a> {
    /// One of ours, and its text.
    Own(Rc<AccessToken>, &'a str),
    /// Another issuer's, and the credential that it stands for.
    Workload(Arc<KnownKey>),
}

/// Verifies the token, if there is one.
pub async fn verify<'a>(
    claimed: Claimed<'a>,
    asked: &Asked,
    gate: &Gate<'_>,
) -> Result<Issued<'a>, Denial> {
    let Claimed { token, proof } = claimed;
    let token = match token {
        Some(text) => Some(find_or_verify(text, asked, gate).await?),
        None => None,
    };
    Ok(Issued { token, proof })
}

async fn find_or_verify<'a>(
    text: &'a str,
    asked: &Asked,
    gate: &Gate<'_>,
) -> Result<Token<'a>, Denial> {
    let signing = gate.world.signing();
    let edition = signing.edition();
    if let Some(known) = gate.core.tokens.borrow_mut().find(edition, text, asked.at()) {
        return Ok(Token::Own(known, text));
    }
    if let Some(key) = workload::seen(text, asked, gate) {
        return Ok(Token::Workload(key));
    }
    if is_foreign(text, signing.name()) {
        return workload::identify(text, asked, gate).await.map(Token::Workload);
    }
    let (issuer, same_until) = signing.at(asked.at());
    let verified = Rc::new(AccessToken::verify(text, issuer, asked.at())?);
    let (kept, until) = (Rc::clone(&verified), verified.exp.min(same_until));
    gate.core.tokens.borrow_mut().insert(edition, text, kept, until);
    Ok(Token::Own(verified, text))
}

/// Whether the token says that it is another issuer's: whose keys it is then held against. What it
/// says there counts for nothing else. A JWT-SVID need not name an issuer.
fn is_foreign(text: &str, own: &str) -> bool {
    match WorkloadToken::claimed_issuer(text) {
        Ok(issuer) => issuer != own,
        Err(_) => JwtSvid::claimed_id(text).is_ok(),
    }
}
