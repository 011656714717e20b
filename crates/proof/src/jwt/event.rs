//! Security event tokens (RFC 8417) of others, as the Shared Signals Framework 1.0 has them.

use bailiwick_domain::denial::Denial;
use bailiwick_domain::time::Timestamp;
use serde_json::{Map, Value};

use super::claims::Claims;
use super::issued::{self, MAX_NAME};
use crate::jws::Compact;
use crate::keys::IssuerKeys;

/// The type of the token (RFC 8417, section 2.3).
const TYPE: &str = "secevent+jwt";
/// The longest identifier of a token, in bytes.
const MAX_ID: usize = 256;

/// What is expected of a security event token.
#[derive(Debug, Clone, Copy)]
pub struct EventExpectation<'a> {
    /// Who has to have issued it, compared exactly.
    pub issuer: &'a str,
    /// Whom it has to be for.
    pub audience: &'a str,
    /// The present.
    pub now: Timestamp,
    /// How many seconds the issuer's clock may be ahead.
    pub skew_seconds: u32,
    /// How many seconds ago it may have been issued.
    pub max_age_seconds: u32,
}

/// A security event token that has verified. There is no other way to have one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecurityEvent {
    id: String,
    subject: Map<String, Value>,
    events: Map<String, Value>,
}

/// Who claims to have issued a security event token, and with which key. Nothing is verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClaimedEvent {
    /// `iss`.
    pub issuer: String,
    /// `kid`.
    pub kid: String,
}

/// Why a security event token is not taken, by what the one who sends it is told (RFC 8935, section
/// 2.4).
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotAnEvent {
    /// It cannot be read, or is not what the framework asks for.
    #[error("{0}")]
    Malformed(&'static str),
    /// It is for others.
    #[error("aud does not name this receiver")]
    Audience,
    /// It is by another issuer.
    #[error("iss is not a source of signals here")]
    Issuer,
    /// No key could have signed it.
    #[error("{0}")]
    Key(&'static str),
    /// Its issuer's key did not sign it.
    #[error("the signature does not verify")]
    Unauthentic,
}

impl ClaimedEvent {
    /// Reads who claims to have issued a token, to find the key by. Refused are another `typ`, and
    /// a header that names no key or an algorithm that no issuer's key has (`none` and MACs among
    /// them).
    pub fn read(token: &str) -> Result<Self, NotAnEvent> {
        let compact = split(token)?;
        issued::algorithm(&compact)
            .map_err(|_| NotAnEvent::Key("the algorithm is not accepted"))?;
        let kid = compact.text("kid").ok().flatten().filter(|kid| !kid.is_empty());
        let kid = kid.ok_or(NotAnEvent::Key("the token names no key (kid)"))?.to_owned();
        let claimed = compact.claimed().map_err(|it| NotAnEvent::Malformed(it.0))?;
        let issuer = Claims(claimed).text("iss").map(str::to_owned);
        let issuer = issuer.map_err(|_| NotAnEvent::Malformed("iss is missing"))?;
        if issuer.len() > MAX_NAME {
            return Err(NotAnEvent::Malformed("iss is too long"));
        }
        Ok(Self { issuer, kid })
    }
}

impl SecurityEvent {
    /// The token, if one of the issuer's `keys` signed it, for the expected audience, lately.
    ///
    /// Refused are `sub` and `exp` (SSF 1.0, sections 4.1.5 and 4.1.7: a token that has them could
    /// be taken for one that grants access), an `aud` that does not name the receiver, an `iat` out
    /// of the window, and a missing `jti`, `sub_id` or `events`.
    pub fn verify(
        token: &str,
        keys: &IssuerKeys,
        expected: &EventExpectation<'_>,
    ) -> Result<Self, NotAnEvent> {
        let compact = split(token)?;
        let algorithm = issued::algorithm(&compact);
        let algorithm = algorithm.map_err(|_| NotAnEvent::Key("the algorithm is not accepted"))?;
        let claims = issued::verify(&compact, algorithm, keys);
        let claims = claims.map_err(|_| NotAnEvent::Unauthentic)?;
        if claims.text("iss").ok() != Some(expected.issuer) {
            return Err(NotAnEvent::Issuer);
        }
        let audience = claims.audience().map_err(|_| NotAnEvent::Audience)?;
        if !audience.iter().any(|one| one == expected.audience) {
            return Err(NotAnEvent::Audience);
        }
        if claims.0.contains_key("sub") || claims.0.contains_key("exp") {
            return Err(NotAnEvent::Malformed("a security event token has neither sub nor exp"));
        }
        check_time(&claims, expected)?;
        let id = claims.text("jti").ok().filter(|id| (1..=MAX_ID).contains(&id.len()));
        let id = id.ok_or(NotAnEvent::Malformed("jti is missing or too long"))?.to_owned();
        let (subject, events) = (object(&claims, "sub_id")?, object(&claims, "events")?);
        if events.is_empty() || !events.values().all(Value::is_object) {
            return Err(NotAnEvent::Malformed("events is empty, or one is not an object"));
        }
        Ok(Self { id, subject, events })
    }

    /// Its identifier: `jti`, unique for its issuer.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Whom it is about: `sub_id` (RFC 9493).
    pub fn subject(&self) -> &Map<String, Value> {
        &self.subject
    }

    /// What happened, by the URI of the event; each an object.
    pub fn events(&self) -> &Map<String, Value> {
        &self.events
    }
}

fn split(token: &str) -> Result<Compact<'_>, NotAnEvent> {
    let compact = Compact::read(token).map_err(|it| NotAnEvent::Malformed(it.0))?;
    if compact.header().contains_key("jwk") {
        return Err(NotAnEvent::Key("the token brings its own key"));
    }
    let typed = compact.check_type(&[Some(TYPE)]);
    typed.map_err(|_| NotAnEvent::Malformed("typ is not secevent+jwt"))?;
    Ok(compact)
}

fn check_time(claims: &Claims, expected: &EventExpectation<'_>) -> Result<(), NotAnEvent> {
    let issued_at = claims.seconds("iat").map_err(|_: Denial| NotAnEvent::Malformed("no iat"))?;
    let issued_at = Timestamp::from_seconds(issued_at);
    let latest = expected.now.plus_seconds(expected.skew_seconds.into());
    let earliest = expected.now.plus_seconds(-i64::from(expected.max_age_seconds));
    if (earliest..=latest).contains(&issued_at) {
        return Ok(());
    }
    Err(NotAnEvent::Malformed("iat is in the future, or too long ago"))
}

fn object(claims: &Claims, name: &'static str) -> Result<Map<String, Value>, NotAnEvent> {
    let found = claims.0.get(name).and_then(Value::as_object);
    found.cloned().ok_or(NotAnEvent::Malformed(match name {
        "sub_id" => "sub_id is missing or not an object",
        _ => "events is missing or not an object",
    }))
}

#[cfg(test)]
mod tests {
    use bailiwick_domain::credential::Algorithm;
    use bailiwick_domain::entropy::Entropy;
    use serde_json::json;

    use super::*;
    use crate::jws;
    use crate::keys::{Bounds, IssuerAlgorithm, SigningKey};

    const NOW: i64 = 1_000_000;

    fn key() -> SigningKey {
        let entropy = Entropy::new(|buffer| buffer.fill(7));
        SigningKey::generate(Algorithm::Ed25519, &entropy).unwrap()
    }

    fn keys(key: &SigningKey) -> IssuerKeys {
        let mut jwk: Value = serde_json::from_str(&key.public().unwrap().to_jwk()).unwrap();
        jwk["kid"] = json!(key.thumbprint());
        let bounds = Bounds { max_bytes: 4096, max_keys: 1, rsa: &IssuerAlgorithm::RSA };
        IssuerKeys::from_jwks(&json!({ "keys": [jwk] }).to_string(), &bounds).unwrap()
    }

    fn claims() -> Value {
        json!({
            "iss": "https://idp.example",
            "aud": ["https://here.example"],
            "iat": NOW,
            "jti": "1",
            "sub_id": { "format": "iss_sub", "iss": "https://idp.example", "sub": "alice" },
            "events": { "urn:a": {} },
        })
    }

    fn verify(token: &str) -> Result<SecurityEvent, NotAnEvent> {
        let expected = EventExpectation {
            issuer: "https://idp.example",
            audience: "https://here.example",
            now: Timestamp::from_seconds(NOW),
            skew_seconds: 60,
            max_age_seconds: 3_600,
        };
        ClaimedEvent::read(token)?;
        SecurityEvent::verify(token, &keys(&key()), &expected)
    }

    fn check(change: impl FnOnce(&mut Value), expected: Result<(), NotAnEvent>) {
        let mut claims = claims();
        change(&mut claims);
        let token = jws::sign(&key(), TYPE, &claims).unwrap();
        assert_eq!(verify(&token).map(drop), expected, "{claims}");
    }

    #[test]
    fn a_token_is_taken_when_all_of_it_is_as_it_should_be() {
        let malformed = |text| Err(NotAnEvent::Malformed(text));
        let untimely = malformed("iat is in the future, or too long ago");
        let both = malformed("a security event token has neither sub nor exp");
        let lacks = malformed("jti is missing or too long");
        check(|_| (), Ok(()));
        check(|it| it["aud"] = json!("https://here.example"), Ok(()));
        check(|it| it["iat"] = json!(NOW - 3_600), Ok(()));
        check(|it| it["iat"] = json!(NOW - 3_601), untimely);
        check(|it| it["iat"] = json!(NOW + 61), untimely);
        check(|it| it["iat"] = json!("now"), malformed("no iat"));
        check(|it| it["iss"] = json!("https://other.example"), Err(NotAnEvent::Issuer));
        check(|it| it["aud"] = json!("https://other.example"), Err(NotAnEvent::Audience));
        check(|it| it["aud"] = json!([]), Err(NotAnEvent::Audience));
        check(|it| it["exp"] = json!(NOW + 60), both);
        check(|it| it["sub"] = json!("alice"), both);
        check(|it| it["jti"] = json!(""), lacks);
        check(|it| it["jti"] = json!("x".repeat(257)), lacks);
        let no_subject = malformed("sub_id is missing or not an object");
        check(|it| it["sub_id"] = json!("alice"), no_subject);
        let empty = malformed("events is empty, or one is not an object");
        check(|it| it["events"] = json!({}), empty);
        check(|it| it["events"] = json!({ "urn:a": 1 }), empty);
    }

    #[test]
    fn another_type_key_or_algorithm_is_refused() {
        let typed = jws::sign(&key(), "at+jwt", &claims()).unwrap();
        assert_eq!(verify(&typed), Err(NotAnEvent::Malformed("typ is not secevent+jwt")));
        let other = SigningKey::generate(
            Algorithm::EcdsaP256Sha256,
            &Entropy::new(|buffer| buffer.fill(8)),
        );
        let token = jws::sign(&other.unwrap(), TYPE, &claims()).unwrap();
        assert_eq!(verify(&token), Err(NotAnEvent::Unauthentic));
        let token = jws::sign(&key(), TYPE, &claims()).unwrap();
        let (_, rest) = token.split_once('.').unwrap();
        for alg in ["none", "HS256", "ES256K"] {
            let header = json!({ "alg": alg, "kid": key().thumbprint(), "typ": TYPE });
            let header = crate::base64url::encode(header.to_string().as_bytes());
            let refused = Err(NotAnEvent::Key("the algorithm is not accepted"));
            assert_eq!(verify(&format!("{header}.{rest}")), refused, "{alg}");
        }
        let cut = &token[..token.len() - 2];
        assert!(verify(cut).is_err());
    }
}
