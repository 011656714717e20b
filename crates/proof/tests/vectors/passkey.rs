use bailiwick_proof::passkey::{
    Assertion, Expectation, Refused, Registration, assert as used, register,
};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;

use crate::case::{self, Verdict};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    expect: String,
    title: String,
    #[serde(rename = "source")]
    _source: Option<String>,
    ceremony: String,
    challenge: String,
    origin: String,
    rp_id: String,
    client_data: String,
    attestation: Option<String>,
    authenticator_data: Option<String>,
    signature: Option<String>,
    credential_id: Option<String>,
    public_key: Option<String>,
    sign_count: Option<u32>,
    counted: Option<u32>,
}

impl Case {
    fn run(&self) -> Verdict {
        let challenge = bytes(&self.challenge);
        let expected =
            Expectation { challenge: &challenge, origin: &self.origin, rp_id: &self.rp_id };
        let client_data = bytes(&self.client_data);
        let given = |text: &Option<String>| bytes(text.as_deref().unwrap());
        let outcome = if self.ceremony == "register" {
            let attestation = given(&self.attestation);
            let answer = Registration { client_data: &client_data, attestation: &attestation };
            register(&answer, &expected).map(|made| {
                let known = |text: &Option<String>| text.as_deref().map(bytes);
                assert_eq!(Some(made.credential_id), known(&self.credential_id), "{}", self.title);
                assert_eq!(Some(made.public_key), known(&self.public_key), "{}", self.title);
            })
        } else {
            let (data, signature) = (given(&self.authenticator_data), given(&self.signature));
            let answer = Assertion {
                client_data: &client_data,
                authenticator_data: &data,
                signature: &signature,
            };
            let known = self.sign_count.unwrap();
            used(&answer, &given(&self.public_key), known, &expected)
                .map(|count| assert_eq!(count, self.counted.unwrap_or(0)))
        };
        match outcome {
            Ok(()) => Verdict::ok(),
            Err(why) => Verdict::because(name(why), &why),
        }
    }
}

const fn name(why: Refused) -> &'static str {
    match why {
        Refused::Malformed(_) => "malformed",
        Refused::Ceremony => "ceremony",
        Refused::Challenge => "challenge",
        Refused::Origin => "origin",
        Refused::RelyingParty => "relying_party",
        Refused::Unverified => "unverified",
        Refused::Key(_) => "key",
        Refused::Signature => "signature",
        Refused::Count => "count",
    }
}

fn bytes(text: &str) -> Vec<u8> {
    URL_SAFE_NO_PAD.decode(text).unwrap()
}

#[test]
fn every_passkey_case_comes_out_as_it_says() {
    case::run_all::<Case>("passkey", |case| &case.expect, Case::run);
}
