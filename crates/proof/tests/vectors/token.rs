use bailiwick_domain::denial::Denial;
use bailiwick_domain::time::Timestamp;
use bailiwick_proof::jws;
use bailiwick_proof::jwt::{AccessToken, ClientAssertion, Issuer};
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
    #[serde(rename = "source")]
    _source: Option<String>,
    kind: Kind,
    now: i64,
    issuer: Option<String>,
    keys: Option<Vec<Value>>,
    audience: Option<String>,
    key: Option<Value>,
    token: String,
    claims: Option<Value>,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Kind {
    AccessToken,
    ClientAssertion,
}

impl Case {
    fn run(&self) -> Result<(), Denial> {
        let now = Timestamp::from_seconds(self.now);
        match self.kind {
            Kind::AccessToken => self.access_token(now),
            Kind::ClientAssertion => {
                let key = read(self.key.as_ref().unwrap());
                let audience = self.audience.as_deref().unwrap();
                ClientAssertion::verify(&self.token, &key, audience, now).map(drop)
            }
        }
    }

    fn access_token(&self, now: Timestamp) -> Result<(), Denial> {
        let keys = self.keys.as_ref().unwrap().iter().map(read).collect();
        let issuer = Issuer { issuer: self.issuer.clone().unwrap(), keys };
        let token = AccessToken::verify(&self.token, &issuer, now)?;
        let claims = self.claims.as_ref().unwrap();
        let key = r#"{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo",
            "d":"nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A"}"#;
        let again = token.sign(&SigningKey::from_jwk(key).unwrap()).unwrap();
        assert_eq!(jws::decode(&again).unwrap().payload, *claims, "what is read is written again");
        Ok(())
    }
}

fn read(jwk: &Value) -> PublicKey {
    PublicKey::from_jwk(&jwk.to_string()).unwrap()
}

#[test]
fn every_token_case_comes_out_as_it_says() {
    case::run_all::<Case>("token", |case| &case.expect, |case| Verdict::of(case.run()));
}
