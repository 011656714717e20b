//! ID tokens, by which an `OpenID` provider says who signed in there.

use aws_lc_rs::digest::{Algorithm, SHA256, SHA384, SHA512, digest};
use bailiwick_domain::denial::Denial;
use bailiwick_domain::time::Timestamp;
use serde_json::{Map, Value};

use super::claims::{Claims, unreadable};
use super::issued;
use crate::base64url;
use crate::jws::Compact;
use crate::keys::{IssuerAlgorithm, IssuerKeys};

/// The longest `sub` (OpenID Connect Core, section 2).
const MAX_SUBJECT: usize = 255;

/// What is expected of an ID token.
#[derive(Debug, Clone, Copy)]
pub struct IdExpectation<'a> {
    /// The provider that was asked, compared exactly.
    pub issuer: &'a str,
    /// What this product is called there.
    pub client_id: &'a str,
    /// What the question carried, so that no other answer fits it; absent where the answer came
    /// straight from the provider to a question that only this product could ask (CIBA Core 1.0,
    /// section 10.1.1).
    pub nonce: Option<&'a str>,
    /// The access token that came along, if one did.
    pub access_token: Option<&'a str>,
    /// The present.
    pub now: Timestamp,
    /// How many seconds the provider's clock may be ahead.
    pub skew_seconds: u32,
}

/// An ID token that has verified. There is no other way to have one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdToken {
    claims: Map<String, Value>,
    subject: String,
    authenticated_at: Option<Timestamp>,
}

impl IdToken {
    /// The token, if one of the provider's `keys` signed it, for this product, as the answer to
    /// the question that carried `nonce` (OpenID Connect Core, section 3.1.3.7).
    ///
    /// Refused are a `typ` other than `JWT` or none, a token for several audiences without an
    /// `azp`, an `azp` that is another (there, points 4 and 5), a missing `iss`, `sub`, `aud`,
    /// `exp`, `iat` or `nonce`, and an `at_hash` that is not of the access token (section 3.1.3.8).
    pub fn verify(
        token: &str,
        keys: &IssuerKeys,
        expected: &IdExpectation<'_>,
    ) -> Result<Self, Denial> {
        let compact = Compact::read(token)?;
        if compact.header().contains_key("jwk") {
            return Err(Denial::TokenInvalid("the token brings its own key"));
        }
        compact.check_type(&[Some("jwt"), None])?;
        let algorithm = issued::algorithm(&compact)?;
        let claims = issued::verify(&compact, algorithm, keys)?;
        if claims.text("iss")? != expected.issuer {
            return Err(Denial::TokenInvalid("the token names another issuer"));
        }
        check_audience(&claims, expected.client_id)?;
        claims.seconds("iat")?;
        issued::check_time(&claims, expected.now, expected.skew_seconds)?;
        if let Some(nonce) = expected.nonce
            && claims.text("nonce")? != nonce
        {
            return Err(Denial::TokenInvalid("the token answers another question"));
        }
        check_access_token(&claims, algorithm, expected.access_token)?;
        let subject = claims.text("sub")?.to_owned();
        if subject.is_empty() || subject.len() > MAX_SUBJECT {
            return Err(unreadable("sub"));
        }
        let authenticated_at = claims.seconds_if_any("auth_time")?.map(Timestamp::from_seconds);
        Ok(Self { claims: claims.0, subject, authenticated_at })
    }

    /// Whom it is about: `sub`, at most 255 bytes.
    pub fn subject(&self) -> &str {
        &self.subject
    }

    /// When that person last proved to the provider who they are: `auth_time`, where it says.
    pub fn authenticated_at(&self) -> Option<Timestamp> {
        self.authenticated_at
    }

    /// The person's address, where the provider says that it is theirs: `email` with
    /// `email_verified` (OpenID Connect Core, section 5.7).
    pub fn email(&self) -> Option<&str> {
        let verified = self.claims.get("email_verified") == Some(&Value::Bool(true));
        self.text("email").filter(|_| verified)
    }

    /// A claim that is text.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.claims.get(name).and_then(Value::as_str)
    }

    /// Whether a claim is this text, or a list with it.
    pub fn says(&self, name: &str, value: &str) -> bool {
        match self.claims.get(name) {
            Some(Value::String(text)) => text == value,
            Some(Value::Array(listed)) => listed.iter().any(|it| it.as_str() == Some(value)),
            _ => false,
        }
    }
}

fn check_audience(claims: &Claims, client_id: &str) -> Result<(), Denial> {
    let listed = claims.audience()?;
    if !listed.iter().any(|one| one == client_id) {
        return Err(Denial::TokenInvalid("aud does not name this client"));
    }
    let party = claims.0.contains_key("azp").then(|| claims.text("azp")).transpose()?;
    match party {
        Some(party) if party != client_id => Err(Denial::TokenInvalid("azp is not this client")),
        None if listed.len() > 1 => {
            Err(Denial::TokenInvalid("aud names others too, and azp is not this client"))
        }
        _ => Ok(()),
    }
}

/// `at_hash`: the left half of the token's hash, by the hash of the signature's algorithm.
fn check_access_token(
    claims: &Claims,
    algorithm: IssuerAlgorithm,
    access_token: Option<&str>,
) -> Result<(), Denial> {
    if !claims.0.contains_key("at_hash") {
        return Ok(());
    }
    let Some(access_token) = access_token else { return Ok(()) };
    let whole = digest(hash_of(algorithm), access_token.as_bytes());
    let half = whole.as_ref().get(..whole.as_ref().len() / 2).unwrap_or_default();
    if claims.text("at_hash")? != base64url::encode(half) {
        return Err(Denial::TokenInvalid("at_hash is not of the access token that came along"));
    }
    Ok(())
}

fn hash_of(algorithm: IssuerAlgorithm) -> &'static Algorithm {
    match algorithm {
        IssuerAlgorithm::Rs256 | IssuerAlgorithm::Ps256 | IssuerAlgorithm::Es256 => &SHA256,
        IssuerAlgorithm::Rs384 | IssuerAlgorithm::Ps384 | IssuerAlgorithm::Es384 => &SHA384,
        // Ed25519 hashes with SHA-512 itself (RFC 8032, section 5.1).
        IssuerAlgorithm::Rs512
        | IssuerAlgorithm::Ps512
        | IssuerAlgorithm::Es512
        | IssuerAlgorithm::Ed25519 => &SHA512,
    }
}
