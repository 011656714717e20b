//! `POST /oauth/derived-key`: a signing key for an hour, sealed to the caller.

use axum::Json;
use axum::extract::State;
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::authority::Authority;
use crate::http::error::Problem;
use crate::http::read::Whole;
use crate::issue::derive::{self, Derived};
use crate::prove;
use crate::refusal::Refusal;

/// What a derived key is asked for with.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct DerivedKeyRequest {
    /// An X25519 public key of the caller's, made for this (RFC 7748): 32 bytes in base64url.
    public_key: String,
    /// How long the key is to be good, 1 to 3600 seconds; an hour when left out.
    #[serde(default = "an_hour")]
    ttl_seconds: u32,
    /// The task it is to be for, one of the agent's own that is open: the key then does what the
    /// task may do, and ends with it. Without one it does what the agent may.
    #[schema(example = "tsk_…")]
    task: Option<String>,
}

const fn an_hour() -> u32 {
    3_600
}

/// A signing key, sealed to the caller with HPKE (RFC 9180): base mode, DHKEM(X25519, HKDF-SHA256),
/// HKDF-SHA256, AES-128-GCM; `info` is `bailiwick derived key 1`, the additional data `key_id`.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DerivedKey {
    /// What signatures by it name in `keyid`.
    #[schema(example = "drv_…")]
    key_id: String,
    /// How it signs (RFC 9421, section 3.3.3).
    #[schema(example = "hmac-sha256")]
    alg: &'static str,
    /// The encapsulated key, base64url.
    enc: String,
    /// The 32 bytes of the key, sealed, base64url.
    ciphertext: String,
    /// When it stops being good.
    #[schema(format = DateTime)]
    expires_at: String,
}

/// Derive a signing key.
///
/// The request is signed with the agent's own key (RFC 9421). Any gateway makes the key again from
/// its name: nothing is stored, and it ends with the key that bought it.
#[utoipa::path(
    post,
    path = "/oauth/derived-key",
    tag = "oauth",
    request_body = DerivedKeyRequest,
    responses(
        (status = 200, description = "A key", body = DerivedKey),
        (status = 400, description = "Malformed", body = Problem),
        (status = 401, description = "The signature proves nobody", body = Problem),
        (status = 403, description = "The agent may not act now", body = Problem),
        (status = 404, description = "No open task of this agent's has that id", body = Problem),
    ),
    security(("agent_signature" = []))
)]
pub(crate) async fn derive_key(
    State(authority): State<Authority>,
    whole: Whole,
) -> Result<Json<DerivedKey>, Refusal> {
    prove::require_signature(whole.received())?;
    let asked: DerivedKeyRequest = whole.json()?;
    let decoded = BASE64_URL_SAFE_NO_PAD.decode(&asked.public_key).ok();
    let recipient = decoded.and_then(|bytes| <[u8; 32]>::try_from(bytes).ok());
    let unreadable = || Refusal::Malformed("`public_key` is 32 bytes in base64url".to_owned());
    let recipient = &recipient.ok_or_else(unreadable)?;
    let task = asked.task.as_deref();
    let wanted = derive::Asked { recipient, ttl_seconds: asked.ttl_seconds, task };
    let Derived { id, sealed, expires_at } =
        derive::derive(&authority, whole.received(), &wanted).await?;
    Ok(Json(DerivedKey {
        key_id: id.to_string(),
        alg: "hmac-sha256",
        enc: BASE64_URL_SAFE_NO_PAD.encode(sealed.enc),
        ciphertext: BASE64_URL_SAFE_NO_PAD.encode(sealed.ciphertext),
        expires_at: expires_at.to_string(),
    }))
}
