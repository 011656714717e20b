//! Requests as bytes, made before anything is measured.

use std::fs::File;
use std::io::Read;
use std::time::SystemTime;

use anyhow::{Context, Result};
use bailiwick_domain::entropy::Entropy;
use bailiwick_domain::time::Timestamp;
use bailiwick_proof::digest;
use bailiwick_proof::keys::SigningKey;
use bailiwick_proof::message::Request;
use bailiwick_proof::sign::{Signing, default_components, sign};
use http::{HeaderMap, HeaderName, HeaderValue};
use serde::{Deserialize, Serialize};

/// The host that every request names.
pub(crate) const HOST: &str = "bench.test";
/// The path that every request asks for.
pub(crate) const PATH: &str = "/v1/tickets";
const BODY_BYTES: usize = 1_024;
const WINDOW_SECONDS: i64 = 60;

/// How a request identifies itself.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) enum Credential {
    /// Not at all.
    Nothing,
    /// `Authorization: Bearer …`, the same each time.
    Bearer(String),
    /// A message signature, each with its own nonce.
    Signature {
        /// The private key.
        jwk: String,
        /// The name the peer knows it by.
        keyid: String,
    },
}

/// So many requests, each ready to be written.
pub(crate) fn make(credential: &Credential, count: usize) -> Result<Vec<Vec<u8>>> {
    let body = body();
    let fields = match credential {
        Credential::Nothing => String::new(),
        Credential::Bearer(token) => format!("Authorization: Bearer {token}\r\n"),
        Credential::Signature { jwk, keyid } => return signed(jwk, keyid, &body, count),
    };
    Ok(vec![written(&fields, &body); count])
}

fn signed(jwk: &str, keyid: &str, body: &str, count: usize) -> Result<Vec<Vec<u8>>> {
    let key = SigningKey::from_jwk(jwk)?;
    let digest = digest::header_value(body.as_bytes());
    let mut headers = HeaderMap::new();
    headers.insert(HeaderName::from_static("content-digest"), HeaderValue::from_str(&digest)?);
    let request = Request {
        method: "POST",
        scheme: "http",
        authority: HOST,
        path: PATH,
        query: None,
        headers: &headers,
    };
    let components = default_components(false, true, false);
    let run: [u8; 8] = entropy().bytes();
    let made = (0..count).map(|number| {
        let created = now();
        let nonce = format!("{:016x}{number:016x}", u64::from_le_bytes(run));
        let signing = Signing {
            components: &components,
            created,
            expires: created.plus_seconds(WINDOW_SECONDS),
            nonce: &nonce,
            keyid,
            label: "sig",
        };
        let made = sign(&request, &key, &signing).context("a request cannot be signed")?;
        let fields = format!(
            "Content-Digest: {digest}\r\nSignature-Input: {}\r\nSignature: {}\r\n",
            made.signature_input, made.signature
        );
        Ok(written(&fields, body))
    });
    made.collect()
}

fn written(fields: &str, body: &str) -> Vec<u8> {
    let length = body.len();
    let text = format!(
        "POST {PATH} HTTP/1.1\r\nHost: {HOST}\r\nUser-Agent: bench\r\nAccept: */*\r\n\
         Content-Type: application/json\r\nContent-Length: {length}\r\n{fields}\r\n{body}"
    );
    text.into_bytes()
}

fn body() -> String {
    let (start, end) = (r#"{"title":"a printer","text":""#, r#""}"#);
    let text = "x".repeat(BODY_BYTES - start.len() - end.len());
    format!("{start}{text}{end}")
}

/// The machine's own clock.
pub(crate) fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_millis(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}

/// The machine's own randomness.
pub(crate) fn entropy() -> Entropy {
    Entropy::new(|buffer| {
        let filled = File::open("/dev/urandom").and_then(|mut file| file.read_exact(buffer));
        assert!(filled.is_ok(), "/dev/urandom cannot be read");
    })
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use bailiwick_domain::credential::Algorithm;

    use super::*;
    use crate::message;

    #[test]
    fn a_request_is_one_whole_message_with_a_kibibyte_of_json() {
        let request = make(&Credential::Bearer("t".into()), 1).unwrap().remove(0);
        let whole = message::first(&request).unwrap();
        assert_eq!((whole.bytes, request.len() - whole.body), (request.len(), 1_024));
        assert!(serde_json::from_slice::<serde_json::Value>(&request[whole.body..]).is_ok());
    }

    #[test]
    fn no_two_signed_requests_are_alike() {
        let key = SigningKey::generate(Algorithm::Ed25519, &entropy()).unwrap();
        let credential =
            Credential::Signature { jwk: key.to_jwk().to_string(), keyid: "key_1".into() };
        let first = make(&credential, 50).unwrap();
        let second = make(&credential, 50).unwrap();
        let distinct: HashSet<_> = first.iter().chain(&second).collect();
        assert_eq!(distinct.len(), 100);
    }
}
