//! The client's side: making a proof (RFC 9449, section 4.2).

use bailiwick_domain::time::Timestamp;
use serde_json::{Map, Value, json};

use super::proof::{TYPE, token_hash};
use super::url::normalize;
use crate::jws::{algorithm_name, write};
use crate::keys::{KeyError, SigningKey};
use crate::sign::Unsigned;

/// The request that a proof is made for.
#[derive(Debug, Clone, Copy)]
pub struct Signing<'a> {
    /// The method, as it is sent.
    pub method: &'a str,
    /// The URL, as it is requested. What the proof says leaves query and fragment out.
    pub url: &'a str,
    /// The access token that is sent along, where there is one.
    pub token: Option<&'a str>,
    /// The server's last `DPoP-Nonce`, where it sent one.
    pub nonce: Option<&'a str>,
    /// What makes the proof usable once: at least 96 random bits, as text.
    pub jti: &'a str,
    /// The present; whole seconds are sent.
    pub now: Timestamp,
}

/// A proof, for the `DPoP` field of this one request.
pub fn sign(key: &SigningKey, signing: &Signing<'_>) -> Result<String, Unsigned> {
    let public = key.public().ok_or(KeyError::Unsupported)?;
    let jwk: Value = serde_json::from_str(&public.to_jwk()).map_err(|_| KeyError::Failed)?;
    let header = json!({"typ": TYPE, "alg": algorithm_name(key.algorithm())?, "jwk": jwk});
    let url = normalize(signing.url).ok_or(Unsigned::Unwritable("the URL is not absolute"))?;
    let mut claims = Map::new();
    let mut say = |name: &str, value: Value| claims.insert(name.to_owned(), value);
    say("jti", signing.jti.into());
    say("htm", signing.method.into());
    say("htu", url.into());
    say("iat", signing.now.as_seconds().into());
    if let Some(token) = signing.token {
        say("ath", token_hash(token).into());
    }
    if let Some(nonce) = signing.nonce {
        say("nonce", nonce.into());
    }
    Ok(write(key, &header, &claims)?)
}
