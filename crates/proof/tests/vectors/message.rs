use bailiwick_domain::denial::Denial;
use bailiwick_domain::time::Timestamp;
use bailiwick_proof::digest::{Expected, Hashing};
use bailiwick_proof::keys::{PublicKey, SigningKey, Verifier};
use bailiwick_proof::message::{Presented, Request, SIGNATURE, Window};
use serde::Deserialize;
use serde_json::Value;

use crate::case::{self, Verdict};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    expect: String,
    #[serde(rename = "title")]
    _title: String,
    #[serde(rename = "source")]
    _source: Option<String>,
    now: i64,
    window: Option<Bounds>,
    request: Sent,
    key: Value,
    base: Option<Vec<String>>,
    signing_key: Option<Value>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Bounds {
    window_seconds: u32,
    skew_seconds: u32,
}

/// A request as a case gives it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Sent {
    method: String,
    url: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Option<String>,
}

impl Case {
    fn run(&self) -> Result<(), Denial> {
        let headers = case::headers(&self.request.headers);
        let request = self.request.parsed(&headers);
        let body = case::body(self.request.body.as_deref(), None);
        let digest = Expected::find(&headers)?;
        let presented = Presented::find(&headers)?.ok_or(Denial::CredentialMissing)?;
        if let Some(bounds) = &self.window {
            if digest.is_none() && !body.is_empty() {
                return Err(Denial::DigestMissing);
            }
            let window = bounds.window();
            presented.check_window(Timestamp::from_seconds(self.now), &window)?;
            presented.check_coverage(&request, !body.is_empty())?;
            presented.nonce()?;
        }
        presented.verify(&request, &self.verifier())?;
        let mut hashing = Hashing::new(digest);
        hashing.update(&body);
        hashing.finish()?;
        self.compare_base(&presented, &request);
        Ok(())
    }

    fn verifier(&self) -> Verifier {
        let text = self.key.to_string();
        match PublicKey::from_jwk(&text) {
            Ok(key) => Verifier::Public(key),
            Err(_) => SigningKey::from_jwk(&text).unwrap().verifier(),
        }
    }

    /// Where a case gives the base, or the key that signed deterministically, both are reproduced.
    fn compare_base(&self, presented: &Presented, request: &Request<'_>) {
        let base = presented.base(request).unwrap();
        if let Some(lines) = &self.base {
            assert_eq!(String::from_utf8_lossy(&base), lines.join("\n"));
        }
        if let Some(key) = &self.signing_key {
            let key = SigningKey::from_jwk(&key.to_string()).unwrap();
            let again = case::encode(&key.sign(&base).unwrap());
            let sent = request.headers.get(SIGNATURE).unwrap().to_str().unwrap();
            assert!(sent.ends_with(&format!("=:{again}:")), "{sent} {again}");
        }
    }
}

impl Bounds {
    pub(crate) fn window(&self) -> Window {
        Window { window_seconds: self.window_seconds, skew_seconds: self.skew_seconds }
    }
}

impl Sent {
    pub(crate) fn parsed<'a>(&'a self, headers: &'a http::HeaderMap) -> Request<'a> {
        let (scheme, rest) = self.url.split_once("://").unwrap();
        let (authority, target) = rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()));
        let (path, query) = match target.split_once('?') {
            Some((path, query)) => (path, Some(query)),
            None => (target, None),
        };
        Request { method: &self.method, scheme, authority, path, query, headers }
    }
}

#[test]
fn every_message_case_comes_out_as_it_says() {
    case::run_all::<Case>("message", |case| &case.expect, |case| Verdict::of(case.run()));
}
