use bailiwick_domain::denial::Denial;
use bailiwick_domain::time::Timestamp;
use bailiwick_proof::jws;
use bailiwick_proof::jwt::{Issuer, TransactionToken};
use bailiwick_proof::keys::{PublicKey, SigningKey};
use serde::Deserialize;
use serde_json::Value;

use crate::case::{self, Verdict};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    expect: String,
    #[serde(rename = "title")]
    _title: String,
    now: i64,
    issuer: String,
    trust_domain: String,
    keys: Vec<Value>,
    token: String,
    claims: Option<Value>,
}

impl Case {
    fn run(&self) -> Result<(), Denial> {
        let keys = self.keys.iter().map(|jwk| PublicKey::from_jwk(&jwk.to_string()).unwrap());
        let issuer = Issuer { issuer: self.issuer.clone(), keys: keys.collect() };
        let now = Timestamp::from_seconds(self.now);
        let token = TransactionToken::verify(&self.token, &issuer, &self.trust_domain, now)?;
        let key = r#"{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo",
            "d":"nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A"}"#;
        let again = token.sign(&SigningKey::from_jwk(key).unwrap()).unwrap();
        let claims = self.claims.as_ref().unwrap();
        assert_eq!(jws::decode(&again).unwrap().payload, *claims, "what is read is written again");
        Ok(())
    }
}

#[test]
fn every_transaction_case_comes_out_as_it_says() {
    case::run_all::<Case>("transaction", |case| &case.expect, |case| Verdict::of(case.run()));
}
