use bailiwick_domain::time::Timestamp;
use bailiwick_proof::digest::Hashing;
use bailiwick_proof::keys::SigningKey;
use bailiwick_proof::message::{Request, SIGNATURE, SIGNATURE_INPUT};
use bailiwick_proof::wallet::{
    Accounts, Answer, Candidates, Failures, Presented, Progress, Refused, Served, expected_digest,
};
use http::HeaderMap;
use serde::Deserialize;
use serde_json::Value;

use crate::case::{self, Verdict};
use crate::message::{Bounds, Sent};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    expect: String,
    reason: Option<String>,
    #[serde(rename = "title")]
    _title: String,
    #[serde(rename = "source")]
    _source: String,
    now: i64,
    window: Bounds,
    served: Serving,
    request: Sent,
    account: Option<String>,
    principals: Option<Vec<String>>,
    #[serde(default)]
    answers: Vec<Said>,
    #[serde(default)]
    spent: Vec<(String, String)>,
    base: Option<Vec<String>>,
    hash: Option<String>,
    signing_key: Option<Value>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Serving {
    chains: Vec<u64>,
    accounts: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Said {
    method: String,
    #[serde(default, with = "serde_with_presence")]
    to: Option<Value>,
    response: Value,
}

/// Tells `null`, which is a program, from nothing said.
mod serde_with_presence {
    use serde::{Deserialize, Deserializer};
    use serde_json::Value;

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        from: D,
    ) -> Result<Option<Value>, D::Error> {
        Value::deserialize(from).map(Some)
    }
}

impl Case {
    fn run(&self) -> Verdict {
        let headers = case::headers(&self.request.headers);
        let outcome = self.judge(&headers);
        let reason = outcome.as_ref().err().map(Refused::code);
        assert!(reason == self.reason.as_deref() || self.expect == "ok", "{outcome:?}");
        if let Err(refused) = &outcome {
            let challenge = self.served().challenge(refused);
            assert!(challenge.starts_with(&format!("ERC8128 error=\"{}\"", refused.code())));
        }
        Verdict::of(outcome.map_err(|refused| refused.denial()))
    }

    fn judge(&self, headers: &HeaderMap) -> Result<(), Refused> {
        let request = self.request.parsed(headers);
        let Some(candidates) = Candidates::find(headers)? else { return Err(absent(headers)) };
        let mut failures = Failures::default();
        for candidate in candidates {
            match candidate.and_then(|presented| self.check(&presented, &request)) {
                Ok(()) => return Ok(()),
                Err(refused) => failures.add(refused),
            }
        }
        Err(failures.reason())
    }

    fn check(&self, presented: &Presented, request: &Request<'_>) -> Result<(), Refused> {
        let body = case::body(self.request.body.as_deref(), None);
        let account = presented.account();
        self.served().check(&account)?;
        presented.check_window(Timestamp::from_seconds(self.now), &self.window.window())?;
        presented.check_coverage(request, !body.is_empty())?;
        let mut hashing = Hashing::new(expected_digest(request.headers)?);
        hashing.update(&body);
        hashing.finish().map_err(|_| Refused::BadContentDigest)?;
        let nonce = presented.nonce()?;
        let known = |known: &Vec<String>| known.iter().any(|it| it == account.address.as_str());
        if !self.principals.as_ref().is_none_or(known) {
            return Err(Refused::PrincipalNotAllowed);
        }
        self.prove(presented, request)?;
        if self.spent.contains(&(account.to_string(), nonce.to_owned())) {
            return Err(Refused::NonceReused);
        }
        assert_eq!(Some(account.to_string()), self.account);
        self.compare(presented, request);
        Ok(())
    }

    fn prove(&self, presented: &Presented, request: &Request<'_>) -> Result<(), Refused> {
        let mut answers = self.answers.iter();
        let mut progress = presented.begin(request, self.served().accounts)?;
        while let Progress::Ask(pending) = progress {
            let said = answers.next().expect("a question nobody answers");
            let question = pending.question();
            assert_eq!(question.chain(), presented.account().chain);
            assert_eq!(question.method(), said.method);
            if let Some(to) = &said.to {
                assert_eq!(question.params()[0].get("to").unwrap_or(&Value::Null), to);
            }
            let answer = match &said.response {
                Value::Null => Answer::Unavailable,
                response => Answer::read(response.to_string().as_bytes()),
            };
            progress = pending.answer(&answer)?;
        }
        assert!(answers.next().is_none(), "an answer nobody asked for");
        Ok(())
    }

    fn served(&self) -> Served {
        let accounts = match self.served.accounts.as_str() {
            "universal" => Accounts::Universal,
            "eoa-only" => Accounts::EoaOnly,
            "offline" => Accounts::Offline,
            other => panic!("{other}"),
        };
        Served { chains: self.served.chains.clone(), accounts, max_validity_seconds: 60 }
    }

    /// Where a case gives the base, its hash, or the key, all are reproduced: wallets sign
    /// deterministically.
    fn compare(&self, presented: &Presented, request: &Request<'_>) {
        let base = presented.base(request).unwrap();
        if let Some(lines) = &self.base {
            assert_eq!(String::from_utf8_lossy(&base), lines.join("\n"));
        }
        if let Some(hash) = &self.hash {
            let computed = presented.hash(request).unwrap();
            let given = hash.strip_prefix("0x").unwrap().as_bytes();
            let given = given.chunks(2).map(|pair| str::from_utf8(pair).unwrap());
            let given = given.map(|pair| u8::from_str_radix(pair, 16).unwrap());
            assert_eq!(given.collect::<Vec<u8>>(), computed);
        }
        if let Some(key) = &self.signing_key {
            let key = SigningKey::from_jwk(&key.to_string()).unwrap();
            assert_eq!(key.thumbprint(), presented.account().address.as_str());
            let again = case::encode(&key.sign(&base).unwrap());
            let sent = request.headers.get(SIGNATURE).unwrap().to_str().unwrap();
            assert!(sent.ends_with(&format!("=:{again}:")), "{sent} {again}");
        }
    }
}

/// What a verifier that takes nothing but wallets says of a request without a candidate.
fn absent(headers: &HeaderMap) -> Refused {
    if headers.contains_key(SIGNATURE) && headers.contains_key(SIGNATURE_INPUT) {
        Refused::NoAcceptableSignature
    } else {
        Refused::SignatureMissing
    }
}

#[test]
fn every_wallet_case_comes_out_as_it_says() {
    case::run_all::<Case>("wallet", |case| &case.expect, Case::run);
}
