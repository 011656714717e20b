use bailiwick_domain::credential::Algorithm;
use bailiwick_proof::keys::{KeyError, PublicKey, SigningKey};
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
    #[serde(rename = "use")]
    used: Used,
    jwk: String,
    algorithm: Option<String>,
    thumbprint: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum Used {
    Public,
    Signing,
}

impl Case {
    fn run(&self) -> Verdict {
        match self.read() {
            Err(refused) => Verdict::refused(&refused),
            Ok((algorithm, thumbprint)) => {
                assert_eq!(Some(algorithm.as_str()), self.algorithm.as_deref(), "{}", self.jwk);
                assert_eq!(Some(thumbprint), self.thumbprint, "{}", self.jwk);
                Verdict::of(Ok(()))
            }
        }
    }

    fn read(&self) -> Result<(Algorithm, String), KeyError> {
        match self.used {
            Used::Public => PublicKey::from_jwk(&self.jwk)
                .map(|key| (key.algorithm(), key.thumbprint().to_owned())),
            Used::Signing => SigningKey::from_jwk(&self.jwk)
                .map(|key| (key.algorithm(), key.thumbprint().to_owned())),
        }
    }
}

#[test]
fn every_key_case_comes_out_as_it_says() {
    case::run_all::<Case>("keys", |case| &case.expect, Case::run);
}
