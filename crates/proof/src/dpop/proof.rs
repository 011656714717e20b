//! A proof, held against the request that brought it (RFC 9449, section 4.3).

use aws_lc_rs::digest::{SHA256, digest};
use bailiwick_domain::credential::Algorithm;
use bailiwick_domain::time::Timestamp;
use http::{HeaderMap, HeaderName};
use serde_json::{Map, Value};

use super::nonces::Nonces;
use super::refused::{Invalid, Refused};
use super::url::normalize;
use crate::base64url;
use crate::jws::{Compact, Unreadable};
use crate::keys::{KeyError, PublicKey};
use crate::message::Window;

/// The type of a proof.
pub(super) const TYPE: &str = "dpop+jwt";
/// The longest proof read, in bytes.
const MAX_BYTES: usize = 8 * 1024;
/// The longest `jti`, in bytes.
pub const MAX_JTI: usize = 256;
/// The last second of the year 9999: nothing later is an instant.
const LATEST: i64 = 253_402_300_799;
/// The field that carries a proof.
const FIELD: HeaderName = HeaderName::from_static("dpop");

/// The request a proof has to be for, as the server knows it.
#[derive(Debug, Clone, Copy)]
pub struct Expectation<'a> {
    /// The method, in the case it was sent in.
    pub method: &'a str,
    /// `http` or `https`: what the client used, also where something before the server ends TLS.
    pub scheme: &'a str,
    /// Host and optional port, as the client knows them.
    pub authority: &'a str,
    /// The path, without the query.
    pub path: &'a str,
    /// The access token that comes with the request, at an API; the authorization server has none.
    pub token: Option<&'a str>,
    /// The present.
    pub now: Timestamp,
    /// For how long a proof is good, and how far clocks may differ.
    pub window: Window,
    /// The nonces that the server gives out. Every proof needs one; with none given out, the
    /// window alone says how old a proof may be.
    pub nonces: Option<&'a Nonces>,
}

/// What a proof proves: that whoever made this request, a moment ago, holds this key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proven {
    /// The thumbprint of the key: what `cnf.jkt` of the access token has to be (section 6.1).
    pub jkt: String,
    /// What makes the proof usable once: for the caller to spend, under the key (section 11.1).
    pub jti: String,
    /// When it was made; whole seconds.
    pub iat: Timestamp,
    /// The last instant at which it is accepted: until then, `jti` is to be remembered.
    pub until: Timestamp,
    /// The algorithm of the key.
    pub alg: Algorithm,
}

/// The proof among the fields of a request. More than one is refused (section 4.3, check 1).
pub fn find(headers: &HeaderMap) -> Result<Option<&str>, Refused> {
    let mut fields = headers.get_all(FIELD).iter();
    let Some(field) = fields.next() else { return Ok(None) };
    if fields.next().is_some() {
        return Err(malformed("there is more than one DPoP field"));
    }
    field.to_str().map(Some).map_err(|_| malformed("the DPoP field is not text"))
}

/// Verifies a proof. It is refused unless it is one JWT of type `dpop+jwt`, signed by the public
/// key it carries with that key's own algorithm (ES256 or Ed25519), says this method and this URL,
/// was made within the window, is for this access token where there is one, and has a nonce that
/// the server gave out.
///
/// That `jti` is spent once, and that the access token is bound to the key, is for the caller.
pub fn verify(proof: &str, expected: &Expectation<'_>) -> Result<Proven, Refused> {
    if proof.len() > MAX_BYTES {
        return Err(malformed("the proof is larger than 8 KiB"));
    }
    let compact = Compact::read(proof)?;
    compact.check_type(&[Some(TYPE)])?;
    let key = embedded_key(&compact)?;
    let claims = compact.verified(|signed, signature| {
        let verified = key.verify(signed, signature);
        verified.map_err(|_| Refused::InvalidProof(Invalid::Signature))
    })?;
    check_request(&claims, expected)?;
    let iat = check_time(&claims, expected)?;
    let jti = text(&claims, "jti").filter(|jti| (1..=MAX_JTI).contains(&jti.len()));
    let jti = jti.ok_or(malformed("jti has not 1 to 256 characters"))?.to_owned();
    check_nonce(&claims, expected)?;
    let until = iat.plus_seconds(reach(expected.window));
    Ok(Proven { jkt: key.thumbprint().to_owned(), jti, iat, until, alg: key.algorithm() })
}

/// The key in the header, if it is public and of the algorithm that the header names.
fn embedded_key(compact: &Compact<'_>) -> Result<PublicKey, Refused> {
    let algorithm = match compact.text("alg")? {
        Some("ES256") => Algorithm::EcdsaP256Sha256,
        Some("EdDSA" | "Ed25519") => Algorithm::Ed25519,
        _ => return Err(malformed("alg is none of ES256, EdDSA and Ed25519")),
    };
    let Some(Value::Object(jwk)) = compact.header().get("jwk") else {
        return Err(malformed("the proof carries no key"));
    };
    let key = PublicKey::from_object(jwk.clone()).map_err(|refused| match refused {
        KeyError::Private => malformed("jwk has a private member"),
        _ => malformed("jwk is not an Ed25519 or P-256 public key"),
    })?;
    if key.algorithm() != algorithm {
        return Err(malformed("alg is not the one of the key"));
    }
    Ok(key)
}

fn check_request(claims: &Map<String, Value>, expected: &Expectation<'_>) -> Result<(), Refused> {
    let method = text(claims, "htm").ok_or(malformed("htm is missing"))?;
    if method != expected.method {
        return Err(other("htm is not the method of the request"));
    }
    let url = text(claims, "htu").and_then(normalize);
    let url = url.ok_or(malformed("htu is not an absolute http or https URL"))?;
    let Expectation { scheme, authority, path, .. } = expected;
    if normalize(&format!("{scheme}://{authority}{path}")) != Some(url) {
        return Err(other("htu is not the URL of the request"));
    }
    let Some(token) = expected.token else { return Ok(()) };
    let hash = text(claims, "ath").ok_or(malformed("ath is missing"))?;
    if hash != token_hash(token) {
        return Err(other("ath is not the hash of the access token"));
    }
    Ok(())
}

fn check_time(
    claims: &Map<String, Value>,
    expected: &Expectation<'_>,
) -> Result<Timestamp, Refused> {
    let iat = claims.get("iat").and_then(Value::as_i64);
    let iat = iat.filter(|iat| (0..=LATEST).contains(iat));
    let iat = Timestamp::from_seconds(iat.ok_or(malformed("iat is not whole seconds"))?);
    if iat > expected.now.plus_seconds(i64::from(expected.window.skew_seconds)) {
        return Err(Refused::InvalidProof(Invalid::NotYetValid));
    }
    if expected.now > iat.plus_seconds(reach(expected.window)) {
        return Err(Refused::InvalidProof(Invalid::Expired));
    }
    Ok(iat)
}

fn check_nonce(claims: &Map<String, Value>, expected: &Expectation<'_>) -> Result<(), Refused> {
    let Some(nonces) = expected.nonces else { return Ok(()) };
    let nonce = text(claims, "nonce").filter(|nonce| nonces.accepts(nonce, expected.now));
    nonce.map(drop).ok_or(Refused::UseNonce)
}

/// How many seconds after it was made a proof is accepted, a clock that is behind included.
fn reach(window: Window) -> i64 {
    i64::from(window.window_seconds).saturating_add(i64::from(window.skew_seconds))
}

/// What `ath` has to be for this access token (section 4.2).
pub(super) fn token_hash(token: &str) -> String {
    base64url::encode(digest(&SHA256, token.as_bytes()).as_ref())
}

fn text<'c>(claims: &'c Map<String, Value>, name: &str) -> Option<&'c str> {
    claims.get(name).and_then(Value::as_str)
}

impl From<Unreadable> for Refused {
    fn from(Unreadable(detail): Unreadable) -> Self {
        malformed(detail)
    }
}

const fn malformed(detail: &'static str) -> Refused {
    Refused::InvalidProof(Invalid::Malformed(detail))
}

const fn other(detail: &'static str) -> Refused {
    Refused::InvalidProof(Invalid::Other(detail))
}
