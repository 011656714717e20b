//! Messages between servers that share a secret: Standard Webhooks, symmetric signatures (`v1`).
//!
//! `webhook-id`, `webhook-timestamp` and `webhook-signature: v1,<base64 of HMAC-SHA-256>`; the HMAC
//! is over `id "." timestamp "." body`. An id has no dot, and a timestamp is in plain decimal, so
//! that it is read in one way only. That a message counts once is for the caller to see to.

use bailiwick_domain::denial::Denial;
use bailiwick_domain::time::Timestamp;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::header::HeaderName;
use http::{HeaderMap, HeaderValue};

use crate::keys::MacKey;

/// The name of the message.
pub const WEBHOOK_ID: HeaderName = HeaderName::from_static("webhook-id");
/// When it was sent, in Unix seconds.
pub const WEBHOOK_TIMESTAMP: HeaderName = HeaderName::from_static("webhook-timestamp");
/// Its signatures, separated by spaces.
pub const WEBHOOK_SIGNATURE: HeaderName = HeaderName::from_static("webhook-signature");

/// What a secret that is written in base64 begins with.
const PREFIX: &str = "whsec_";
/// How far the clocks of both sides may be apart, in seconds, as the libraries for it have it.
const TOLERANCE_SECONDS: i64 = 300;
/// The longest id, and the longest list of signatures, in bytes.
const MAX_ID_BYTES: usize = 128;
const MAX_SIGNATURES_BYTES: usize = 1_024;
/// The most digits of a timestamp.
const MAX_DIGITS: usize = 12;

/// The secret in a text: `whsec_` and base64, or else the text itself; 32 to 128 bytes. None of a
/// text that is neither.
pub fn secret(text: &str) -> Option<MacKey> {
    match text.strip_prefix(PREFIX) {
        Some(encoded) => MacKey::new(&STANDARD.decode(encoded).ok()?).ok(),
        None => MacKey::new(text.as_bytes()).ok(),
    }
}

/// The three fields of a message. None if there is no sending such an id, or that early.
pub fn sign(key: &MacKey, id: &str, at: Timestamp, body: &[u8]) -> Option<HeaderMap> {
    let timestamp = at.as_seconds().to_string();
    if !is_id(id) || !is_plain(&timestamp) {
        return None;
    }
    let tag = key.sign(&signed(id, &timestamp, body));
    let signature = format!("v1,{}", STANDARD.encode(tag));
    let mut fields = HeaderMap::with_capacity(3);
    fields.insert(WEBHOOK_ID, HeaderValue::from_str(id).ok()?);
    fields.insert(WEBHOOK_TIMESTAMP, HeaderValue::from_str(&timestamp).ok()?);
    fields.insert(WEBHOOK_SIGNATURE, HeaderValue::from_str(&signature).ok()?);
    Some(fields)
}

/// The id of a message that the holder of the secret has sent within the last five minutes.
/// Refused before any cryptography: a field that is missing, there twice, or too long.
pub fn verify<'a>(
    key: &MacKey,
    headers: &'a HeaderMap,
    body: &[u8],
    now: Timestamp,
) -> Result<&'a str, Denial> {
    let id = only(headers, &WEBHOOK_ID)?;
    if !is_id(id) {
        return Err(Denial::CredentialMalformed("webhook-id has other characters, or too many"));
    }
    let timestamp = only(headers, &WEBHOOK_TIMESTAMP)?;
    let at = is_plain(timestamp).then(|| timestamp.parse::<i64>().ok()).flatten();
    let at = at.ok_or(Denial::CredentialMalformed("webhook-timestamp is not in plain decimal"))?;
    let sent_at = Timestamp::from_seconds(at);
    if now > sent_at.plus_seconds(TOLERANCE_SECONDS) {
        return Err(Denial::SignatureExpired);
    }
    if sent_at > now.plus_seconds(TOLERANCE_SECONDS) {
        return Err(Denial::SignatureNotYetValid);
    }
    let listed = only(headers, &WEBHOOK_SIGNATURE)?;
    if listed.len() > MAX_SIGNATURES_BYTES {
        return Err(Denial::CredentialMalformed("webhook-signature is too long"));
    }
    let message = signed(id, timestamp, body);
    let mut tags = listed.split(' ').filter_map(|it| STANDARD.decode(it.strip_prefix("v1,")?).ok());
    let holds = tags.any(|tag| key.verify(&message, &tag).is_ok());
    if holds { Ok(id) } else { Err(Denial::SignatureInvalid) }
}

fn only<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Result<&'a str, Denial> {
    let mut fields = headers.get_all(name).iter();
    let field = fields.next().ok_or(Denial::CredentialMissing)?;
    if fields.next().is_some() {
        return Err(Denial::CredentialConflict("a field of the webhook is there twice"));
    }
    let text = field.to_str();
    text.map_err(|_| Denial::CredentialMalformed("a field of the webhook is not ASCII"))
}

fn signed(id: &str, timestamp: &str, body: &[u8]) -> Vec<u8> {
    let mut message = Vec::with_capacity(id.len() + timestamp.len() + body.len() + 2);
    for part in [id.as_bytes(), b".", timestamp.as_bytes(), b".", body] {
        message.extend_from_slice(part);
    }
    message
}

fn is_id(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
    (1..=MAX_ID_BYTES).contains(&text.len()) && text.bytes().all(plain)
}

fn is_plain(text: &str) -> bool {
    let digits = (1..=MAX_DIGITS).contains(&text.len()) && !text.starts_with('0');
    digits && text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: i64 = 1_800_000_000;
    const SECRET: &str = "a secret that is long enough for it";
    const BODY: &[u8] = br#"{"verdict":"approve"}"#;

    fn message() -> HeaderMap {
        let key = secret(SECRET).unwrap();
        sign(&key, "msg_1", Timestamp::from_seconds(NOW), BODY).unwrap()
    }

    fn check(change: impl FnOnce(&mut HeaderMap), body: &[u8], expected: &Result<&str, Denial>) {
        let mut fields = message();
        change(&mut fields);
        let key = secret(SECRET).unwrap();
        assert_eq!(verify(&key, &fields, body, Timestamp::from_seconds(NOW)), *expected);
    }

    fn set(name: &HeaderName, value: &str) -> impl FnOnce(&mut HeaderMap) {
        let (name, value) = (name.clone(), HeaderValue::from_str(value).unwrap());
        move |fields| drop(fields.insert(name, value))
    }

    #[test]
    fn a_message_is_its_senders_as_it_is_and_now() {
        check(|_| {}, BODY, &Ok("msg_1"));
        check(|_| {}, b"{}", &Err(Denial::SignatureInvalid));
        check(set(&WEBHOOK_ID, "msg_2"), BODY, &Err(Denial::SignatureInvalid));
        let later = (NOW + 1).to_string();
        check(set(&WEBHOOK_TIMESTAMP, &later), BODY, &Err(Denial::SignatureInvalid));
        let old = (NOW - 301).to_string();
        check(set(&WEBHOOK_TIMESTAMP, &old), BODY, &Err(Denial::SignatureExpired));
        let early = (NOW + 301).to_string();
        check(set(&WEBHOOK_TIMESTAMP, &early), BODY, &Err(Denial::SignatureNotYetValid));
        check(set(&WEBHOOK_SIGNATURE, "v1,AAAA"), BODY, &Err(Denial::SignatureInvalid));
    }

    #[test]
    fn a_message_lacks_nothing_and_has_nothing_twice() {
        for name in [WEBHOOK_ID, WEBHOOK_TIMESTAMP, WEBHOOK_SIGNATURE] {
            check(|it| drop(it.remove(&name)), BODY, &Err(Denial::CredentialMissing));
            let twice = |it: &mut HeaderMap| {
                it.append(&name, HeaderValue::from_static("1"));
            };
            let conflict = Denial::CredentialConflict("a field of the webhook is there twice");
            check(twice, BODY, &Err(conflict));
        }
        let malformed = |name: &HeaderName, value: &str| {
            let mut fields = message();
            set(name, value)(&mut fields);
            let key = secret(SECRET).unwrap();
            let refused = verify(&key, &fields, BODY, Timestamp::from_seconds(NOW));
            assert!(matches!(refused, Err(Denial::CredentialMalformed(_))), "{value}: {refused:?}");
        };
        malformed(&WEBHOOK_ID, "with.dot");
        malformed(&WEBHOOK_ID, &"a".repeat(129));
        malformed(&WEBHOOK_TIMESTAMP, "01800000000");
        malformed(&WEBHOOK_TIMESTAMP, "+1800000000");
        malformed(&WEBHOOK_TIMESTAMP, "1800000000000");
        malformed(&WEBHOOK_SIGNATURE, &"v1,A ".repeat(300));
    }

    #[test]
    fn one_of_several_signatures_is_enough() {
        let own = message()[WEBHOOK_SIGNATURE].to_str().unwrap().to_owned();
        check(set(&WEBHOOK_SIGNATURE, &format!("v1,AAAA {own}")), BODY, &Ok("msg_1"));
        check(
            set(&WEBHOOK_SIGNATURE, &own.replace("v1,", "v1a,")),
            BODY,
            &Err(Denial::SignatureInvalid),
        );
    }

    #[test]
    fn a_message_of_a_published_library_holds() {
        // Made by PyPI standardwebhooks 1.1.0.
        let key = secret("whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=").unwrap();
        let theirs = "v1,zTlN/BxQ97ChmbvhfQRPaZQtkPsReHWJul8pkBMRb5A=";
        let fields = sign(&key, "msg_1", Timestamp::from_seconds(NOW), BODY).unwrap();
        assert_eq!(fields[WEBHOOK_SIGNATURE], theirs);
    }

    #[test]
    fn a_secret_is_long_enough_in_either_spelling() {
        assert!(secret(&format!("whsec_{}", STANDARD.encode([7; 32]))).is_some());
        for text in ["", "short", "whsec_", "whsec_c2hvcnQ=", "whsec_***", &"x".repeat(31)] {
            assert!(secret(text).is_none(), "{text}");
        }
    }
}
