//! Exactly one way of identifying, possibly with a proof bound to it.

use bailiwick_domain::denial::Denial;
use bailiwick_proof::bot::SignatureAgent;
use bailiwick_proof::dpop;
use bailiwick_proof::message::Presented;
use bailiwick_proof::opaque::{self, Opens};
use bailiwick_proof::wallet::Candidates;
use bailiwick_proof::webhook;
use http::HeaderMap;
use http::header::AUTHORIZATION;

use super::contact::InTouch;
use crate::asked::Asked;
use crate::challenged;

/// What the caller claims, nothing of it proven.
#[derive(Debug)]
pub struct Claimed<'a> {
    pub(super) token: Option<&'a str>,
    pub(super) proof: Proof<'a>,
}

/// What is there to prove it with.
#[derive(Debug)]
pub enum Proof<'a> {
    /// A message signature (RFC 9421).
    Signature(Presented),
    /// A message signature by a key out of a directory (Web Bot Auth).
    Bot(Presented, SignatureAgent),
    /// The signatures of an Ethereum account (ERC-8128).
    Wallet(Candidates),
    /// An HMAC in the simple form.
    Webhook(webhook::Presented),
    /// A DPoP proof (RFC 9449).
    Dpop(&'a str),
    /// An API key, by its digest.
    ApiKey([u8; 32]),
    /// Nothing that was sent: the connection's certificate, or the token alone.
    Nothing,
}

/// Finds the credential: a signature, a token, an API key, a certificate, or a token and the proof
/// it is bound to. Whatever else comes together does not belong together.
pub fn find(asked: &Asked, _: InTouch) -> Result<Claimed<'_>, Denial> {
    let headers = asked.headers();
    let signed = find_signed(asked)?;
    let dpop = dpop::find(headers).map_err(|refused| challenged::dpop(refused, asked))?;
    let (token, proof) = match (Shown::find(headers)?, dpop, signed) {
        (None, None, None) if asked.client_certificate().is_none() => {
            return Err(Denial::CredentialMissing);
        }
        (None, None, None) => (None, Proof::Nothing),
        (None, None, Some(signed)) => (None, signed),
        (Some(Shown::Bearer(token)), None, None) => (Some(token), Proof::Nothing),
        (Some(Shown::Bearer(token)), None, Some(Proof::Signature(signature))) => {
            (Some(token), Proof::Signature(signature))
        }
        (Some(Shown::Dpop(token)), Some(proof), None) => (Some(token), Proof::Dpop(proof)),
        (Some(Shown::Dpop(_)), None, None) => return Err(Denial::ProofMissing),
        (Some(Shown::ApiKey(digest)), None, None) => (None, Proof::ApiKey(digest)),
        (Some(_) | None, _, _) => {
            let several = "two ways of identifying that are not bound to each other";
            return Err(Denial::CredentialConflict(several));
        }
    };
    Ok(Claimed { token, proof })
}

/// The one signature of the request, in whichever form it is.
fn find_signed(asked: &Asked) -> Result<Option<Proof<'_>>, Denial> {
    let headers = asked.headers();
    let simple = webhook::Presented::find(headers)?.map(Proof::Webhook);
    let message = match Candidates::find(headers) {
        Ok(Some(candidates)) => Some(Proof::Wallet(candidates)),
        Ok(None) => find_message(headers)?,
        Err(refused) => return Err(challenged::wallet(refused, asked)),
    };
    match (message, simple) {
        (Some(_), Some(_)) => {
            Err(Denial::CredentialConflict("a message signature and X-Signature"))
        }
        (message, simple) => Ok(message.or(simple)),
    }
}

fn find_message(headers: &HeaderMap) -> Result<Option<Proof<'static>>, Denial> {
    let Some(signature) = Presented::find(headers)? else { return Ok(None) };
    Ok(Some(match SignatureAgent::find(headers, &signature)? {
        Some(agent) => Proof::Bot(signature, agent),
        None => Proof::Signature(signature),
    }))
}

/// What `Authorization` shows.
#[derive(Debug, PartialEq, Eq)]
enum Shown<'a> {
    Bearer(&'a str),
    Dpop(&'a str),
    ApiKey([u8; 32]),
}

impl<'a> Shown<'a> {
    /// Reads `Authorization`: `Bearer` (RFC 6750, section 2.1) or `DPoP` (RFC 9449, section 7.1).
    /// A token in the query is never read. An API key's checksum is held before anything is looked
    /// up.
    fn find(headers: &'a HeaderMap) -> Result<Option<Self>, Denial> {
        let mut values = headers.get_all(AUTHORIZATION).iter();
        let value = match (values.next(), values.next()) {
            (None, _) => return Ok(None),
            (Some(_), Some(_)) => {
                return Err(Denial::CredentialConflict("more than one Authorization field"));
            }
            (Some(value), None) => value,
        };
        let unreadable = Denial::CredentialMalformed("Authorization is not a scheme and a token");
        let text = value.to_str().map_err(|_| unreadable.clone())?;
        let (scheme, token) = text.split_once(' ').ok_or(unreadable.clone())?;
        if token.is_empty() || !token.bytes().all(is_token68) {
            return Err(unreadable);
        }
        if scheme.eq_ignore_ascii_case("dpop") {
            return Ok(Some(Self::Dpop(token)));
        }
        if !scheme.eq_ignore_ascii_case("bearer") {
            return Err(Denial::CredentialUnknown);
        }
        match Opens::claimed(token) {
            None => Ok(Some(Self::Bearer(token))),
            Some(Opens::Apis) => {
                let digest = opaque::digest_of(Opens::Apis, token);
                let mistyped = Denial::CredentialMalformed("the API key's checksum does not hold");
                Ok(Some(Self::ApiKey(digest.ok_or(mistyped)?)))
            }
            // Another secret of ours opens nothing here.
            Some(_) => Err(Denial::CredentialUnknown),
        }
    }
}

/// The characters of a `b64token` (RFC 6750, section 2.1).
fn is_token68(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~+/=".contains(&byte)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(values: &[&str], expected: Result<Option<&str>, &str>) {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(AUTHORIZATION, value.parse().unwrap());
        }
        let found = Shown::find(&headers);
        let expected = expected.map(|token| token.map(Shown::Bearer));
        assert_eq!(found.map_err(|denial| denial.code()), expected, "{values:?}");
    }

    #[test]
    fn one_bearer_token_is_found_and_anything_else_is_refused() {
        check(&[], Ok(None));
        check(&["Bearer abc.def"], Ok(Some("abc.def")));
        check(&["bearer abc"], Ok(Some("abc")));
        check(&["Bearer a", "Bearer a"], Err("credential_conflict"));
        check(&["Bearer"], Err("credential_malformed"));
        check(&["Bearer "], Err("credential_malformed"));
        check(&["Bearer a b"], Err("credential_malformed"));
        check(&["Bearer  a"], Err("credential_malformed"));
        check(&["Bearer a,b"], Err("credential_malformed"));
        check(&["Basic YTpi"], Err("credential_unknown"));
    }

    #[test]
    fn an_api_key_is_known_by_its_form_and_other_secrets_of_ours_are_no_credential_here() {
        let entropy = bailiwick_domain::entropy::Entropy::new(|bytes| bytes.fill(7));
        let (key, digest) = opaque::fresh(Opens::Apis, &entropy);
        let find = |token: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(AUTHORIZATION, format!("Bearer {token}").parse().unwrap());
            Shown::find(&headers).map(|found| found == Some(Shown::ApiKey(digest)))
        };
        assert_eq!(find(&key), Ok(true));
        let mistyped = key.replacen("bwk_", "bwk_0", 1);
        assert_eq!(find(&mistyped).map_err(|denial| denial.code()), Err("credential_malformed"));
        for opens in Opens::ALL.into_iter().filter(|opens| *opens != Opens::Apis) {
            let (secret, _) = opaque::fresh(opens, &entropy);
            assert_eq!(find(&secret), Err(Denial::CredentialUnknown));
        }
    }
}
