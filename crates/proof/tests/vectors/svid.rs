use bailiwick_domain::time::Timestamp;
use bailiwick_proof::jwt::{JwtSvid, SvidExpectation};
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
    trust_domain: String,
    audience: String,
    skew_seconds: u32,
    rsa: Vec<String>,
    bundle: Value,
    token: String,
    id: Option<String>,
}

impl Case {
    fn run(&self) -> Verdict {
        let rsa: Vec<_> =
            self.rsa.iter().map(|it| IssuerAlgorithm::from_name(it).unwrap()).collect();
        let bounds = Bounds { max_bytes: 64 * 1024, max_keys: 16, rsa: &rsa };
        let keys = match IssuerKeys::from_bundle(&self.bundle.to_string(), &bounds) {
            Ok(keys) => keys,
            Err(refused) => return Verdict::refused(&refused),
        };
        let expected = SvidExpectation {
            trust_domain: &self.trust_domain,
            audience: &self.audience,
            now: Timestamp::from_seconds(self.now),
            skew_seconds: self.skew_seconds,
        };
        let verified = JwtSvid::verify(&self.token, &keys, &expected);
        if let Ok(svid) = &verified {
            assert_eq!(Some(svid.id().as_str()), self.id.as_deref());
            assert_eq!(JwtSvid::claimed_id(&self.token).as_ref(), Ok(svid.id()));
        }
        Verdict::of(verified)
    }
}

#[test]
fn every_svid_case_comes_out_as_it_says() {
    case::run_all::<Case>("jwt-svid", |case| &case.expect, Case::run);
}
