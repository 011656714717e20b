use bailiwick_domain::time::Timestamp;
use bailiwick_proof::jwt::{Expectation, Rule, WorkloadToken};
use bailiwick_proof::keys::{Bounds, IssuerAlgorithm, IssuerKeys};
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
    issuer: String,
    audience: String,
    skew_seconds: u32,
    max_lifetime_seconds: u32,
    rsa: Vec<String>,
    jwks: Value,
    token: String,
    subject: Option<String>,
    rule: Option<Value>,
    matches: Option<bool>,
}

impl Case {
    fn run(&self) -> Verdict {
        let rsa: Vec<_> =
            self.rsa.iter().map(|it| IssuerAlgorithm::from_name(it).unwrap()).collect();
        let bounds = Bounds { max_bytes: 64 * 1024, max_keys: 16, rsa: &rsa };
        let keys = match IssuerKeys::from_jwks(&self.jwks.to_string(), &bounds) {
            Ok(keys) => keys,
            Err(refused) => return Verdict::refused(&refused),
        };
        let expected = Expectation {
            issuer: &self.issuer,
            audience: &self.audience,
            now: Timestamp::from_seconds(self.now),
            skew_seconds: self.skew_seconds,
            max_lifetime_seconds: self.max_lifetime_seconds,
        };
        let verified = WorkloadToken::verify(&self.token, &keys, &expected);
        if let Ok(token) = &verified {
            assert_eq!(Some(token.subject()), self.subject.as_deref());
            assert_eq!(WorkloadToken::claimed_issuer(&self.token).unwrap(), token.issuer());
            let matches = self
                .rule
                .as_ref()
                .map(|rule| Rule::parse(&rule.to_string()).unwrap().matches(token));
            assert_eq!(matches, self.matches);
        }
        Verdict::of(verified)
    }
}

#[test]
fn every_workload_case_comes_out_as_it_says() {
    case::run_all::<Case>("workload", |case| &case.expect, Case::run);
}
