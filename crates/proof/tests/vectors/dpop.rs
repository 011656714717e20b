use bailiwick_domain::denial::Denial;
use bailiwick_domain::time::Timestamp;
use bailiwick_proof::dpop::{self, Expectation, Nonces};
use bailiwick_proof::message::Window;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;

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
    access_token: Option<String>,
    nonce_secret: Option<String>,
    proof: String,
    jkt: Option<String>,
    jti: Option<String>,
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
    scheme: String,
    authority: String,
    path: String,
}

impl Case {
    fn run(&self) -> Result<(), Denial> {
        let Bounds { window_seconds, skew_seconds } = self.window;
        let nonces = self.nonce_secret.as_ref().map(|secret| {
            let secret = URL_SAFE_NO_PAD.decode(secret).unwrap();
            Nonces::new(&secret.try_into().unwrap())
        });
        let expected = Expectation {
            method: &self.request.method,
            scheme: &self.request.scheme,
            authority: &self.request.authority,
            path: &self.request.path,
            token: self.access_token.as_deref(),
            now: Timestamp::from_seconds(self.now),
            window: Window { window_seconds, skew_seconds },
            nonces: nonces.as_ref(),
        };
        let proven = dpop::verify(&self.proof, &expected)?;
        assert_eq!(Some(proven.jkt), self.jkt);
        assert_eq!(Some(proven.jti), self.jti);
        assert!(proven.until >= expected.now);
        Ok(())
    }
}

#[test]
fn every_dpop_case_comes_out_as_it_says() {
    case::run_all::<Case>("dpop", |case| &case.expect, |case| Verdict::of(case.run()));
}
