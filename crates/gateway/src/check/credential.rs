//! Exactly one way of identifying, possibly with a proof bound to it.

use bailiwick_domain::denial::Denial;
use bailiwick_proof::message::Presented;
use http::HeaderMap;
use http::header::AUTHORIZATION;

use crate::asked::Asked;

/// What the caller claims, nothing of it proven.
#[derive(Debug)]
pub struct Claimed<'a> {
    pub(super) token: Option<&'a str>,
    pub(super) proof: Proof,
}

/// What is there to prove it with.
#[derive(Debug)]
pub enum Proof {
    /// A message signature (RFC 9421).
    Signature(Presented),
    /// Nothing: the token alone.
    Nothing,
}

/// Finds the credential: a signature (RFC 9421), a bearer token (RFC 6750), or a token and the
/// signature it is bound to.
pub fn find(asked: &Asked) -> Result<Claimed<'_>, Denial> {
    let token = find_token(asked.headers())?;
    let proof = match Presented::find(asked.headers())? {
        Some(signature) => Proof::Signature(signature),
        None if token.is_none() => return Err(Denial::CredentialMissing),
        None => Proof::Nothing,
    };
    Ok(Claimed { token, proof })
}

/// The token of `Authorization: Bearer` (RFC 6750, section 2.1). A token in the query is never
/// read.
fn find_token(headers: &HeaderMap) -> Result<Option<&str>, Denial> {
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
    if !scheme.eq_ignore_ascii_case("bearer") {
        return Err(Denial::CredentialUnknown);
    }
    if token.is_empty() || !token.bytes().all(is_token68) {
        return Err(unreadable);
    }
    Ok(Some(token))
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
        let found = find_token(&headers);
        assert_eq!(
            found.as_ref().map(|token| *token).map_err(Denial::code),
            expected,
            "{values:?}"
        );
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
}
