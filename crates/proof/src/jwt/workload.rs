//! OpenID Connect tokens by which a platform says which workload is running: a continuous
//! integration job, a Kubernetes service account, a cloud instance.

use bailiwick_domain::denial::Denial;
use bailiwick_domain::time::Timestamp;
use serde_json::{Map, Value};

use super::claims::{Claims, unreadable};
use super::issued::{self, MAX_NAME};
use crate::jws::Compact;
use crate::keys::IssuerKeys;

/// What is expected of a workload's token.
#[derive(Debug, Clone, Copy)]
pub struct Expectation<'a> {
    /// Who has to have issued it, compared exactly.
    pub issuer: &'a str,
    /// Whom it has to be for: one name of this product that no other recipient answers to.
    pub audience: &'a str,
    /// The present.
    pub now: Timestamp,
    /// How many seconds the issuer's clock may be ahead.
    pub skew_seconds: u32,
    /// The most seconds from `iat` to `exp`.
    pub max_lifetime_seconds: u32,
}

/// A token of a workload that has verified. There is no other way to have one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WorkloadToken {
    claims: Map<String, Value>,
    issuer: String,
    subject: String,
    expires_at: Timestamp,
}

impl WorkloadToken {
    /// The issuer that a token claims, to find its keys by. Nothing is verified.
    pub fn claimed_issuer(token: &str) -> Result<String, Denial> {
        let claims = Claims(Compact::read(token)?.claimed()?);
        bounded(&claims, "iss").map(str::to_owned)
    }

    /// The token, if one of the issuer's `keys` signed it and it is for the expected audience and
    /// valid now (OpenID Connect Core, section 3.1.3.7).
    ///
    /// Refused are a `typ` other than `JWT` or none (RFC 8725, section 3.11: an access token says
    /// `at+jwt`), a missing `iss`, `sub`, `aud`, `exp` or `iat`, and a token for several audiences
    /// unless `azp` says that it was issued to the expected one: another of them could have passed
    /// it on. Claims are nested at most 8 deep and consist of at most 1024 values.
    pub fn verify(
        token: &str,
        keys: &IssuerKeys,
        expected: &Expectation<'_>,
    ) -> Result<Self, Denial> {
        Self::verify_as(&[Some("jwt"), None], token, keys, expected)
    }

    /// As [`Self::verify`], for a token of one of these types (RFC 8725, section 3.11), None
    /// standing for the absence of `typ`.
    pub fn verify_as(
        types: &[Option<&str>],
        token: &str,
        keys: &IssuerKeys,
        expected: &Expectation<'_>,
    ) -> Result<Self, Denial> {
        let compact = Compact::read(token)?;
        if compact.header().contains_key("jwk") {
            return Err(Denial::TokenInvalid("the token brings its own key"));
        }
        compact.check_type(types)?;
        let claims = issued::verify(&compact, issued::algorithm(&compact)?, keys)?;
        let issuer = bounded(&claims, "iss")?.to_owned();
        if issuer != expected.issuer {
            return Err(Denial::TokenInvalid("the token names another issuer"));
        }
        check_audience(&claims, expected.audience)?;
        issued::check_time(&claims, expected.now, expected.skew_seconds)?;
        let (iat, exp) = (claims.seconds("iat")?, claims.seconds("exp")?);
        let longest = i64::from(expected.max_lifetime_seconds);
        if !(1..=longest).contains(&exp.saturating_sub(iat)) {
            return Err(Denial::TokenInvalid("exp is not after iat, or too long after it"));
        }
        let subject = bounded(&claims, "sub")?.to_owned();
        let expires_at = Timestamp::from_seconds(exp);
        Ok(Self { claims: claims.0, issuer, subject, expires_at })
    }

    /// Who issued it: `iss`.
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// Whom it is about: `sub`.
    pub fn subject(&self) -> &str {
        &self.subject
    }

    /// When it stops being valid: `exp`, whole seconds.
    pub fn expires_at(&self) -> Timestamp {
        self.expires_at
    }

    /// All that it claims.
    pub fn claims(&self) -> &Map<String, Value> {
        &self.claims
    }
}

fn check_audience(claims: &Claims, audience: &str) -> Result<(), Denial> {
    let listed = claims.audience()?;
    if !listed.iter().any(|one| one == audience) {
        return Err(Denial::TokenInvalid("aud does not name this authority"));
    }
    let party = claims.0.contains_key("azp").then(|| claims.text("azp")).transpose()?;
    if listed.len() > 1 && party != Some(audience) {
        return Err(Denial::TokenInvalid("aud names others too, and azp is not this authority"));
    }
    Ok(())
}

fn bounded<'c>(claims: &'c Claims, name: &str) -> Result<&'c str, Denial> {
    let text = claims.text(name)?;
    if text.is_empty() || text.len() > MAX_NAME {
        return Err(unreadable(name));
    }
    Ok(text)
}
