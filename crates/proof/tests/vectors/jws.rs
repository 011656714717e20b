use bailiwick_proof::jws;
use bailiwick_proof::keys::PublicKey;
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
    typ: Vec<Option<String>>,
    key: Value,
    token: String,
    claims: Option<Value>,
}

impl Case {
    fn run(&self) -> Verdict {
        let key = PublicKey::from_jwk(&self.key.to_string()).unwrap();
        let typ: Vec<Option<&str>> = self.typ.iter().map(Option::as_deref).collect();
        let verified = jws::verify(&self.token, &typ, |_| Some(&key));
        if let (Ok(read), Some(claims)) = (&verified, &self.claims) {
            assert_eq!(Value::Object(read.clone()), *claims);
            assert_eq!(jws::decode(&self.token).unwrap().payload, *claims);
        }
        Verdict::of(verified)
    }
}

#[test]
fn every_jws_case_comes_out_as_it_says() {
    case::run_all::<Case>("jws", |case| &case.expect, Case::run);
}
