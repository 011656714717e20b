//! The other ways of proving who calls, each over the same request.

use std::hint::black_box;

use anyhow::{Context, Result, anyhow};
use bailiwick_domain::credential::Algorithm;
use bailiwick_domain::id::{AgentId, KeyId};
use bailiwick_proof::derived::{DerivedKeyId, Roots, Wanted};
use bailiwick_proof::digest::header_value;
use bailiwick_proof::dpop::{self, Expectation, Nonces};
use bailiwick_proof::keys::{MacKey, SigningKey};
use bailiwick_proof::message::Window;
use bailiwick_proof::opaque::{self, Opens};
use bailiwick_proof::wallet::{self, Accounts, Candidates, Generation, Progress};
use bailiwick_proof::webhook;
use http::{HeaderMap, Method};
use zeroize::Zeroizing;

use super::proofs::{BODY, NONCE, put, refused, request};
use super::step::Step;
use crate::maker::{self, HOST, PATH};

const WINDOW: Window = Window { window_seconds: 60, skew_seconds: 5 };

/// Wallet, DPoP, webhook, derived key and API key.
pub(super) fn measure() -> Result<[Step; 5]> {
    Ok([wallet()?, dpop()?, webhook()?, derived()?, api_key()?])
}

fn wallet() -> Result<Step> {
    let key = SigningKey::generate(Algorithm::Eip191Secp256k1, &maker::entropy())?;
    let now = maker::now();
    let mut headers = HeaderMap::new();
    put(&mut headers, "content-digest", &header_value(&BODY))?;
    let signing = wallet::Signing {
        generation: Generation::Two,
        chain: 1,
        created: now,
        expires: now.plus_seconds(60),
        nonce: NONCE,
    };
    let signed = wallet::sign(&request(&headers), &key, &signing)?;
    put(&mut headers, "signature-input", &signed.signature_input)?;
    put(&mut headers, "signature", &signed.signature)?;
    Step::time("a wallet's signature (ERC-8128): fields, window, coverage, recovery", |_| {
        let request = request(black_box(&headers));
        let found = Candidates::find(&headers)?.context("there is no signature")?;
        let (_, progress) = found.select(|presented| {
            presented.check_window(now, &WINDOW)?;
            presented.check_coverage(&request, true)?;
            presented.nonce()?;
            presented.begin(&request, Accounts::Offline)
        })?;
        match progress {
            Progress::Verified(_) => Ok(()),
            Progress::Ask(_) => Err(anyhow!("no chain is asked")),
        }
    })
}

fn dpop() -> Result<Step> {
    let key = SigningKey::generate(Algorithm::EcdsaP256Sha256, &maker::entropy())?;
    let (now, nonces) = (maker::now(), Nonces::new(&[7; 32]));
    let (url, nonce) = (format!("http://{HOST}{PATH}"), nonces.issue(now));
    let token = "x".repeat(700);
    let signing = dpop::Signing {
        method: "POST",
        url: &url,
        token: Some(&token),
        nonce: Some(&nonce),
        jti: NONCE,
        now,
    };
    let proof = dpop::sign(&key, &signing)?;
    let expected = Expectation {
        method: "POST",
        scheme: "http",
        authority: HOST,
        path: PATH,
        token: Some(&token),
        now,
        window: WINDOW,
        nonces: Some(&nonces),
    };
    Step::time("a DPoP proof, ES256, with the hash of its token and the server's nonce", |_| {
        let proven = dpop::verify(black_box(&proof), &expected);
        proven.map(drop).map_err(|refused| anyhow!("a proof was refused: {refused:?}"))
    })
}

fn webhook() -> Result<Step> {
    let (key, now) = (MacKey::new(&[7; 32])?, maker::now());
    let method = Method::POST;
    let signing =
        webhook::Signing { at: now, nonce: NONCE, key: None, method: &method, target: PATH };
    let mut headers = HeaderMap::new();
    put(&mut headers, "x-signature", &webhook::sign(&key, &signing, &BODY)?)?;
    Step::time("the webhook form: its line, and the HMAC of a body of 1 KiB", |_| {
        let presented =
            webhook::Presented::find(black_box(&headers)).map_err(|denial| refused(&denial))?;
        let presented = presented.context("there is no line")?;
        presented.check_window(now, &WINDOW).map_err(|denial| refused(&denial))?;
        let mut checking =
            presented.begin(&key, &method, PATH).map_err(|denial| refused(&denial))?;
        checking.update(&BODY);
        checking.finish().map_err(|denial| refused(&denial))
    })
}

fn derived() -> Result<Step> {
    let roots = Roots::new(1, [(1, Zeroizing::new([7; 32]))])?;
    let (key, agent) = (KeyId::from_bits(1), AgentId::from_bits(1));
    let wanted = Wanted { key, agent, under: None, audience: HOST, ttl_seconds: 600 };
    let name = roots.name(&wanted, maker::now(), &maker::entropy()).to_string();
    Step::time("a derived key seen for the first time: from its name to the key", |_| {
        let id: DerivedKeyId = black_box(&name).parse()?;
        id.check(maker::now(), HOST).map_err(|denial| refused(&denial))?;
        roots.derive(&id).map(drop).map_err(|denial| refused(&denial))
    })
}

fn api_key() -> Result<Step> {
    let (key, _) = opaque::fresh(Opens::Apis, &maker::entropy());
    Step::time("an API key: checksum, digest and what it is found by", |_| {
        let digest = opaque::digest_of(Opens::Apis, black_box(&key));
        digest.map(|digest| drop(opaque::thumbprint(&digest))).context("it is no key")
    })
}
