//! What a client in ping mode is told a decision with (CIBA Core 1.0, section 10.2): its own token,
//! and the name of its request. Kept sealed, and only until it was told.

use bailiwick_domain::entropy::Entropy;
use bailiwick_proof::opaque;
use bailiwick_vault::seal::Sealer;
use http::header::AUTHORIZATION;
use http::{HeaderMap, HeaderValue};
use serde_json::json;
use zeroize::Zeroizing;

use crate::authorize::reply::Deviation;
use crate::fault::Fault;

/// The shortest token that can have 128 bits (CIBA Core 1.0, section 7.1), and the longest.
const TOKEN: std::ops::RangeInclusive<usize> = 22..=1_024;

/// What the client is told.
pub(crate) struct Notification {
    /// `Authorization`, and nothing else.
    pub(crate) fields: HeaderMap,
    /// The body.
    pub(crate) json: Vec<u8>,
}

/// Whether a text is a token of a client's (RFC 6750, section 2.1).
pub(crate) fn check_token(token: Option<&str>) -> Result<&str, Deviation> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~+/=".contains(&byte);
    let why = match token {
        Some(token) if TOKEN.contains(&token.len()) && token.bytes().all(plain) => {
            return Ok(token);
        }
        Some(_) => "client_notification_token is a bearer token of 22 to 1024 characters",
        None => "client_notification_token is missing: the client is registered for ping",
    };
    Err(Deviation::new("invalid_request", why))
}

/// Seals it for the petition of this digest.
pub(crate) fn seal(
    (sealer, entropy): (&Sealer, &Entropy),
    digest: &[u8; 32],
    auth_req_id: &str,
    token: &str,
) -> Result<Vec<u8>, Fault> {
    let text = Zeroizing::new(format!("{auth_req_id} {token}"));
    Ok(sealer.seal(text.as_bytes(), &purpose(digest), entropy)?)
}

/// Opens it.
pub(crate) fn open(
    sealer: &Sealer,
    digest: &[u8; 32],
    sealed: &[u8],
) -> Result<Notification, Fault> {
    let corrupt = Fault::Corrupt("what a client is notified with");
    let opened = sealer.open(sealed, &purpose(digest))?;
    let text = std::str::from_utf8(&opened).ok().and_then(|it| it.split_once(' '));
    let Some((auth_req_id, token)) = text else { return Err(corrupt) };
    let Ok(mut authorization) = HeaderValue::try_from(format!("Bearer {token}")) else {
        return Err(corrupt);
    };
    authorization.set_sensitive(true);
    let fields = HeaderMap::from_iter([(AUTHORIZATION, authorization)]);
    let json = json!({ "auth_req_id": auth_req_id }).to_string().into_bytes();
    Ok(Notification { fields, json })
}

fn purpose(digest: &[u8; 32]) -> String {
    format!("petition:{}", opaque::thumbprint(digest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_one_that_can_be_sent_and_cannot_be_guessed() {
        let fine = "8d67dc78-7faa-4d41-aabd-67707b374255";
        assert_eq!(check_token(Some(fine)).ok(), Some(fine));
        let long = "a".repeat(1_025);
        for token in [None, Some(""), Some("short"), Some(&*long), Some("with a space in between")]
        {
            assert!(check_token(token).is_err(), "{token:?}");
        }
    }

    #[test]
    fn what_is_sealed_for_one_petition_opens_for_no_other() {
        let entropy = Entropy::new(|buffer| buffer.fill(7));
        let sealer = Sealer::new([1; 32]).unwrap();
        let sealed = seal((&sealer, &entropy), &[1; 32], "bwq_x", "token").unwrap();
        let opened = open(&sealer, &[1; 32], &sealed).unwrap();
        assert_eq!(opened.fields[AUTHORIZATION], "Bearer token");
        assert_eq!(opened.json, br#"{"auth_req_id":"bwq_x"}"#);
        assert!(open(&sealer, &[2; 32], &sealed).is_err());
    }
}
