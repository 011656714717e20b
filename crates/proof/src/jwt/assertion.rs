//! Client assertions: `private_key_jwt` (RFC 7523, section 2.2, as tightened by RFC 7523bis).

use bailiwick_domain::denial::Denial;
use bailiwick_domain::id::AgentId;
use bailiwick_domain::time::Timestamp;
use serde::Serialize;

use super::claims::{Claims, unreadable};
use crate::jws;
use crate::keys::{KeyError, PublicKey, SigningKey};

/// The type that says what the token is; others may leave `typ` out or write `JWT`.
const TYPE: &str = "client-authentication+jwt";
/// How far ahead `exp` may lie.
const MAX_LIFETIME_SECONDS: i64 = 300;
/// How many seconds the client's clock may be ahead.
const SKEW_SECONDS: i64 = 5;
/// The longest `jti`.
const MAX_JTI: usize = 128;

/// What a verified assertion says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientAssertion {
    /// The agent that authenticates: `iss` and `sub` alike.
    pub client_id: AgentId,
    /// What makes it usable once; for the caller to spend, under the key, until `exp`.
    pub jti: String,
    /// When it stops being valid; whole seconds.
    pub exp: Timestamp,
}

impl ClientAssertion {
    /// The assertion, if `key` signed it, it is for `audience` alone, and it is valid now. The key
    /// is found beforehand by the `kid` of [`jws::header`]; that it belongs to the agent named here
    /// is for the caller to check.
    pub fn verify(
        token: &str,
        key: &PublicKey,
        audience: &str,
        now: Timestamp,
    ) -> Result<Self, Denial> {
        let claims = Claims(jws::verify(token, &[Some(TYPE), Some("jwt"), None], |_| Some(key))?);
        let client_id: AgentId = claims.parsed("iss")?;
        if claims.parsed::<AgentId>("sub")? != client_id {
            return Err(Denial::TokenInvalid("iss and sub are not both the client"));
        }
        if claims.audience()?.as_slice() != [audience] {
            return Err(Denial::TokenInvalid("aud is not the issuer alone"));
        }
        let exp = Timestamp::from_seconds(claims.seconds("exp")?);
        check_time(&claims, exp, now)?;
        let jti = claims.text("jti")?;
        if jti.is_empty() || jti.len() > MAX_JTI {
            return Err(unreadable("jti"));
        }
        Ok(Self { client_id, jti: jti.to_owned(), exp })
    }

    /// The assertion as text, for `audience`, signed.
    pub fn sign(
        &self,
        key: &SigningKey,
        audience: &str,
        now: Timestamp,
    ) -> Result<String, KeyError> {
        #[derive(Serialize)]
        struct Said<'a> {
            iss: &'a str,
            sub: &'a str,
            aud: &'a str,
            jti: &'a str,
            iat: i64,
            exp: i64,
        }
        let client = self.client_id.to_string();
        let (iat, exp) = (now.as_seconds(), self.exp.as_seconds());
        let said = Said { iss: &client, sub: &client, aud: audience, jti: &self.jti, iat, exp };
        jws::sign(key, TYPE, &said)
    }
}

fn check_time(claims: &Claims, exp: Timestamp, now: Timestamp) -> Result<(), Denial> {
    if now >= exp {
        return Err(Denial::TokenExpired);
    }
    if exp > now.plus_seconds(MAX_LIFETIME_SECONDS + SKEW_SECONDS) {
        return Err(Denial::TokenInvalid("exp is more than five minutes ahead"));
    }
    for name in ["iat", "nbf"] {
        let begins = claims.seconds_if_any(name)?.map(Timestamp::from_seconds);
        if begins.is_some_and(|begins| begins > now.plus_seconds(SKEW_SECONDS)) {
            return Err(Denial::TokenInvalid("iat or nbf is in the future"));
        }
    }
    Ok(())
}
