//! What a platform gives its workloads: certificates, X.509-SVIDs, JWT-SVIDs, OpenID Connect
//! tokens. Each step is what the first request costs; a gateway remembers the verdict on all but
//! registered certificates, which need none.

use std::hint::black_box;

use anyhow::{Context, Result, anyhow, ensure};
use bailiwick_domain::credential::Algorithm;
use bailiwick_domain::time::Timestamp;
use bailiwick_proof::certificate::{Certificate, Chain, TrustBundle, registered, svid};
use bailiwick_proof::jws;
use bailiwick_proof::jwt::{Expectation, JwtSvid, Rule, SvidExpectation, WorkloadToken};
use bailiwick_proof::keys::{Bounds, IssuerKeys, PublicKey, SigningKey};
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair, KeyUsagePurpose, SanType,
};
use serde_json::{Value, json};

use super::proofs::refused;
use super::step::Step;
use crate::maker::{self, HOST};

const DOMAIN: &str = "bench.test";
const WORKLOAD: &str = "spiffe://bench.test/job";
const ISSUER: &str = "https://platform.bench.test";
const BOUNDS: Bounds<'static> = Bounds { max_bytes: 65_536, max_keys: 16, rsa: &[] };

/// Two certificates and two tokens.
pub(super) fn measure() -> Result<[Step; 4]> {
    Ok([certificate()?, x509_svid()?, jwt_svid()?, openid()?])
}

fn certificate() -> Result<Step> {
    let params = CertificateParams::new(["agent.bench.test".to_owned()])?;
    let made = params.self_signed(&KeyPair::generate()?)?;
    let named = Certificate::from_der(made.der()).map_err(|it| anyhow!("{it:?}"))?;
    let now = maker::now();
    Step::time("a registered certificate: read, its thumbprint, valid now", |_| {
        let shown = Certificate::from_der(black_box(made.der()));
        let checked = shown.and_then(|shown| registered::check(&shown, named.thumbprint(), now));
        checked.map_err(|refused| anyhow!("a certificate was refused: {refused:?}"))
    })
}

fn x509_svid() -> Result<Step> {
    let mut root = CertificateParams::default();
    root.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    root.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    root.subject_alt_names = vec![SanType::URI(format!("spiffe://{DOMAIN}").try_into()?)];
    let root = CertifiedIssuer::self_signed(root, KeyPair::generate()?)?;
    let mut leaf = CertificateParams::default();
    leaf.subject_alt_names = vec![SanType::URI(WORKLOAD.try_into()?)];
    leaf.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    let leaf = leaf.signed_by(&KeyPair::generate()?, &root)?;
    let bundle = TrustBundle::new(DOMAIN, [&**root.der()]).map_err(|it| anyhow!("{it:?}"))?;
    let now = maker::now();
    Step::time(
        "an X.509-SVID, ECDSA P-256: read, its chain under its trust domain's bundle",
        |_| {
            let chain = Chain::from_der([black_box(&**leaf.der())]);
            let verified = chain.and_then(|chain| svid::verify(&chain, &bundle, now));
            verified.map(drop).map_err(|refused| anyhow!("an SVID was refused: {refused:?}"))
        },
    )
}

/// A signing key, and the set in which a platform publishes it.
fn platform(intended: &str) -> Result<(SigningKey, String)> {
    let key = SigningKey::generate(Algorithm::EcdsaP256Sha256, &maker::entropy())?;
    let jwk = key.public().map(PublicKey::to_jwk).context("no public key")?;
    let mut jwk: Value = serde_json::from_str(&jwk)?;
    let members = jwk.as_object_mut().context("a key is an object")?;
    members.insert("kid".to_owned(), key.thumbprint().into());
    members.insert("use".to_owned(), intended.into());
    let set = json!({ "keys": [jwk] }).to_string();
    Ok((key, set))
}

fn jwt_svid() -> Result<Step> {
    let (key, bundle) = platform("jwt-svid")?;
    let (keys, now) = (IssuerKeys::from_bundle(&bundle, &BOUNDS)?, maker::now());
    let claims = json!({ "sub": WORKLOAD, "aud": HOST, "exp": now.as_seconds() + 3_600 });
    let token = jws::sign(&key, "JWT", &claims)?;
    let expected = SvidExpectation { trust_domain: DOMAIN, audience: HOST, now, skew_seconds: 5 };
    Step::time("a JWT-SVID seen for the first time, ES256", |_| {
        let svid = JwtSvid::verify(black_box(&token), &keys, &expected);
        svid.map(drop).map_err(|denial| refused(&denial))
    })
}

fn openid() -> Result<Step> {
    let (key, set) = platform("sig")?;
    let (keys, now) = (IssuerKeys::from_jwks(&set, &BOUNDS)?, maker::now());
    let token = jws::sign(&key, "JWT", &claims(now))?;
    let expected = Expectation {
        issuer: ISSUER,
        audience: HOST,
        now,
        skew_seconds: 5,
        max_lifetime_seconds: 86_400,
    };
    let equal = [("/kubernetes.io/namespace", "support")];
    let rule = Rule::new(ISSUER, equal).map_err(|it| anyhow!("{it:?}"))?;
    Step::time("an OpenID Connect token seen for the first time, ES256, and a rule", |_| {
        let token = WorkloadToken::verify(black_box(&token), &keys, &expected);
        let token = token.map_err(|denial| refused(&denial))?;
        ensure!(rule.matches(&token), "the rule does not fit");
        Ok(())
    })
}

/// As Kubernetes writes them.
fn claims(now: Timestamp) -> Value {
    json!({
        "iss": ISSUER, "aud": [HOST], "sub": "system:serviceaccount:support:summarizer",
        "iat": now.as_seconds(), "nbf": now.as_seconds(), "exp": now.as_seconds() + 3_600,
        "jti": "0f7a3c5e-6a0b-4c39-9d1e-4f9c3a1b2d10",
        "kubernetes.io": {
            "namespace": "support",
            "node": { "name": "node-1", "uid": "7f1c9c2a-8b3e-4d1f-9a6b-2c5d8e7f0a1b" },
            "pod": { "name": "summarizer-0", "uid": "5b2d8e7f-0a1b-4c39-9d1e-4f9c3a1b2d10" },
            "serviceaccount": { "name": "summarizer", "uid": "9d1e4f9c-3a1b-4d10-8b3e-7f1c9c2a5b" },
        },
    })
}
