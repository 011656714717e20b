//! Keys that an agent registers and revokes by itself.

use http::Method;
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::{Value, json};

use crate::error::Error;
use crate::key::Key;
use crate::link::{Body, Link, Question};
use crate::signing::Signer;

const KEYS: &str = "/api/agents/keys";

/// What the authority says of a key.
#[derive(Deserialize)]
struct Registered {
    key_id: String,
}

/// Registers a key, which is proven by DPoP, with that one; says its id.
pub(crate) async fn register(link: &Link, present: &Signer, key: &Key) -> Result<String, Error> {
    let jwk = key.public_jwk().and_then(|text| serde_json::from_str::<Value>(&text).ok());
    let question = Question {
        method: Method::POST,
        path: KEYS,
        body: Body::Json(json!({ "jwk": jwk })),
        dpop: Some(key),
        signer: Some(present),
        repeatable: false,
    };
    Ok(link.ask::<Registered>(&question).await?.key_id)
}

/// Revokes a key in whose line the one that signs is.
pub(crate) async fn revoke(link: &Link, signer: &Signer, id: &str) -> Result<(), Error> {
    let question = Question {
        method: Method::DELETE,
        path: &format!("{KEYS}/{id}"),
        body: Body::Empty,
        dpop: None,
        signer: Some(signer),
        repeatable: true,
    };
    link.ask::<IgnoredAny>(&question).await.map(drop)
}
