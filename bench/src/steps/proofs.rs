//! The steps that prove who calls.

use std::hint::black_box;
use std::rc::Rc;

use anyhow::{Context, Error, Result, anyhow};
use bailiwick_domain::agent::Kind;
use bailiwick_domain::credential::Algorithm;
use bailiwick_domain::denial::Denial;
use bailiwick_domain::details::Details;
use bailiwick_domain::id::{AgentId, KeyId, TokenId};
use bailiwick_domain::scope::ScopeSet;
use bailiwick_domain::time::Timestamp;
use bailiwick_gateway::cache::Seen;
use bailiwick_proof::digest::{Expected, Hashing, header_value};
use bailiwick_proof::jwt::{AccessToken, Issuer};
use bailiwick_proof::keys::{PublicKey, SigningKey};
use bailiwick_proof::message::{Presented, Request, Window};
use bailiwick_proof::sign::{Signing, default_components, sign};
use http::{HeaderMap, HeaderName, HeaderValue};

use super::step::Step;
use crate::maker::{self, HOST, PATH};

pub(super) const BODY: [u8; 1_024] = [b'x'; 1_024];
pub(super) const NONCE: &str = "0123456789abcdef0123456789abcdef";

/// Token, signature and digest.
pub(super) fn measure() -> Result<Vec<Step>> {
    let mut steps = Vec::from(tokens()?);
    let signatures = [
        ("HMAC-SHA-256 signature of a request: fields, window, coverage", Algorithm::HmacSha256),
        ("the same, Ed25519", Algorithm::Ed25519),
        ("the same, ECDSA P-256", Algorithm::EcdsaP256Sha256),
    ];
    for (what, algorithm) in signatures {
        steps.push(signature(what, algorithm)?);
    }
    steps.push(digest()?);
    Ok(steps)
}

fn tokens() -> Result<[Step; 2]> {
    let key = SigningKey::generate(Algorithm::EcdsaP256Sha256, &maker::entropy())?;
    let now = maker::now();
    let text = access_token(now)?.sign(&key)?;
    let keys: Vec<PublicKey> = key.public().cloned().into_iter().collect();
    let issuer = Issuer { issuer: "http://issuer.bench.test".to_owned(), keys };
    let verified = AccessToken::verify(&text, &issuer, now).map_err(|denial| refused(&denial))?;
    let mut cache = Seen::new(1_024);
    cache.insert(0, &text, Rc::new(verified), now.plus_seconds(60));
    let seen = Step::time("access token seen before", |_| {
        let found = cache.find(0, black_box(&text), now);
        found.map(drop).context("the token is not in the cache")
    })?;
    let new = Step::time("access token seen for the first time, ES256", |_| {
        AccessToken::verify(black_box(&text), &issuer, now)
            .map(drop)
            .map_err(|denial| refused(&denial))
    })?;
    Ok([seen, new])
}

fn access_token(now: Timestamp) -> Result<AccessToken> {
    Ok(AccessToken {
        iss: "http://issuer.bench.test".to_owned(),
        sub: "spiffe://bench.test/default/bench".to_owned(),
        aud: vec![format!("http://{HOST}")],
        client_id: AgentId::from_bits(1),
        iat: now,
        exp: now.plus_seconds(3_600),
        jti: TokenId::from_bits(1),
        scope: ScopeSet::from_texts(["tickets:write"])?,
        cnf: None,
        agent: "bench".parse()?,
        project: "default".parse()?,
        owner: "bench@bench.test".to_owned(),
        kind: Kind::Autonomous,
        rate_limit: None,
        key_id: Some(KeyId::from_bits(1)),
        grant: None,
        task: None,
        purpose: None,
        act: Vec::new(),
        may_act: None,
        authorization_details: Details::default(),
        status: None,
    })
}

fn signature(what: &'static str, algorithm: Algorithm) -> Result<Step> {
    let key = SigningKey::generate(algorithm, &maker::entropy())?;
    let now = maker::now();
    let mut headers = HeaderMap::new();
    put(&mut headers, "content-digest", &header_value(&BODY))?;
    let signing = Signing {
        components: &default_components(false, true, false),
        created: now,
        expires: now.plus_seconds(60),
        nonce: NONCE,
        keyid: key.thumbprint(),
        label: "sig",
    };
    let signed = sign(&request(&headers), &key, &signing)?;
    put(&mut headers, "signature-input", &signed.signature_input)?;
    put(&mut headers, "signature", &signed.signature)?;
    let (verifier, window) = (key.verifier(), Window { window_seconds: 60, skew_seconds: 5 });
    Step::time(what, |_| {
        let request = request(black_box(&headers));
        let presented = Presented::find(&headers).map_err(|denial| refused(&denial))?;
        let presented = presented.context("there is no signature")?;
        let held = presented.check_window(now, &window);
        let held = held.and_then(|()| presented.check_coverage(&request, true));
        let held = held.and_then(|()| presented.nonce());
        held.and_then(|_| presented.verify(&request, &verifier)).map_err(|denial| refused(&denial))
    })
}

pub(super) fn request(headers: &HeaderMap) -> Request<'_> {
    Request { method: "POST", scheme: "http", authority: HOST, path: PATH, query: None, headers }
}

fn digest() -> Result<Step> {
    let mut headers = HeaderMap::new();
    put(&mut headers, "content-digest", &header_value(&BODY))?;
    Step::time("digest of a body of 1 KiB", |_| {
        let mut hashing =
            Hashing::new(Expected::find(&headers).map_err(|denial| refused(&denial))?);
        hashing.update(black_box(&BODY));
        hashing.finish().map(drop).map_err(|denial| refused(&denial))
    })
}

pub(super) fn refused(denial: &Denial) -> Error {
    anyhow!("a step was refused: {denial:?}")
}

pub(super) fn put(headers: &mut HeaderMap, name: &'static str, value: &str) -> Result<()> {
    headers.insert(HeaderName::from_static(name), HeaderValue::from_str(value)?);
    Ok(())
}
