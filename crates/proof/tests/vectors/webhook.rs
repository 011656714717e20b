use std::fmt::Write as _;

use bailiwick_domain::denial::Denial;
use bailiwick_domain::time::Timestamp;
use bailiwick_proof::keys::{MacKey, SigningKey, Verifier};
use bailiwick_proof::message::Window;
use bailiwick_proof::webhook::{self, Presented, Signing, X_SIGNATURE};
use http::{HeaderMap, Method};
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
    window: Bounds,
    request: Sent,
    key: Value,
    input: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Bounds {
    window_seconds: u32,
    skew_seconds: u32,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Sent {
    method: String,
    target: String,
    headers: Vec<(String, String)>,
    body: Option<String>,
}

impl Case {
    fn run(&self) -> Result<(), Denial> {
        let headers = case::headers(&self.request.headers);
        let method = Method::from_bytes(self.request.method.as_bytes()).unwrap();
        let body = self.request.body.as_deref().unwrap_or_default().as_bytes();
        let key = self.key();
        let presented = Presented::find(&headers)?.ok_or(Denial::CredentialMissing)?;
        let Bounds { window_seconds, skew_seconds } = self.window;
        let window = Window { window_seconds, skew_seconds };
        presented.check_window(Timestamp::from_seconds(self.now), &window)?;
        presented.nonce()?;
        let mut checking = presented.begin(&key, &method, &self.request.target)?;
        for piece in body.chunks(7) {
            checking.update(piece);
        }
        checking.finish()?;
        self.compare(&presented, &headers, &method);
        Ok(())
    }

    fn key(&self) -> MacKey {
        match SigningKey::from_jwk(&self.key.to_string()).unwrap().verifier() {
            Verifier::Mac(key) => key,
            Verifier::Public(_) | Verifier::Wallet(_) => panic!("not a shared secret"),
        }
    }

    /// What was accepted is signed again, and has to come out the same but for the order of its
    /// members; the HMAC is that of the input the case gives.
    fn compare(&self, presented: &Presented, headers: &HeaderMap, method: &Method) {
        let body = self.request.body.as_deref().unwrap_or_default();
        let nonce = presented.nonce().unwrap();
        let (at, key) = (presented.created_at(), presented.key());
        let signing = Signing { at, nonce, key, method, target: &self.request.target };
        let again = webhook::sign(&self.key(), &signing, body.as_bytes()).unwrap();
        let sent = headers.get(X_SIGNATURE).unwrap().to_str().unwrap();
        assert_eq!(members(&again), members(sent));
        let key = SigningKey::from_jwk(&self.key.to_string()).unwrap();
        let mac = key.sign(self.input.as_ref().unwrap().as_bytes()).unwrap();
        let hex = mac.iter().fold(String::new(), |mut hex, byte| {
            write!(hex, "{byte:02x}").unwrap();
            hex
        });
        assert!(sent.contains(&format!("v1={hex}")), "{sent} {hex}");
    }
}

fn members(value: &str) -> Vec<&str> {
    let mut members: Vec<&str> = value.split(',').collect();
    members.sort_unstable();
    members
}

#[test]
fn every_webhook_case_comes_out_as_it_says() {
    case::run_all::<Case>("webhook", |case| &case.expect, |case| Verdict::of(case.run()));
}
