//! `/api/agents/keys`: an agent changes its key by itself.

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use bailiwick_domain::id::KeyId;
use bailiwick_proof::jwt::Confirmation;
use http::StatusCode;
use http::header::LOCATION;
use serde::Deserialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use crate::admin::credentials::KeyObject;
use crate::authority::Authority;
use crate::enroll::{limits, own_keys};
use crate::govern::credentials;
use crate::http::error::Problem;
use crate::http::read::Whole;
use crate::http::unserved::Unserved;
use crate::issue::sender;
use crate::prove::{self, Proven};
use crate::refusal::Refusal;

/// The next key of the agent that signs the request.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NextKey {
    /// The public key (RFC 7517): Ed25519 or P-256. The request comes with a DPoP proof by it.
    #[schema(value_type = Object)]
    jwk: Map<String, Value>,
}

/// Register another key of the agent's own.
///
/// The request is signed (RFC 9421) with a key that the agent has, and comes with a DPoP proof by
/// the new one (RFC 9449): proof of possession. The new key is good for as much as the one that
/// signed, and is revoked with it by operators. At most four at a time are registered so.
#[utoipa::path(
    post,
    path = "/api/agents/keys",
    tag = "enrollment",
    request_body = NextKey,
    responses(
        (status = 201, description = "Registered; it holds for the next request", body = KeyObject),
        (status = 400, description = "Malformed, or the new key is not proven", body = Problem),
        (status = 401, description = "The signature proves nobody, or too little", body = Problem),
        (status = 403, description = "The agent may not act now", body = Problem),
        (status = 409, description = "The key cannot be had, or too many are", body = Problem),
        (status = 429, description = "Too many tries", body = Problem),
    ),
    security(("agent_signature" = []))
)]
pub(crate) async fn register_key(
    State(authority): State<Authority>,
    whole: Whole,
) -> Result<Response, Unserved> {
    let signer = signer(&authority, &whole).await?;
    let NextKey { jwk } = whole.json()?;
    let public = credentials::read_jwk(&Value::Object(jwk).to_string())?;
    let proof = sender::by_dpop(&authority, whole.received(), signer.key.id).await?;
    if proof != Some(Confirmation::Key(public.thumbprint().to_owned())) {
        let text = "the request needs a `DPoP` proof by the key that is to be registered";
        return Err(Refusal::Malformed(text.to_owned()).into());
    }
    limits::check_own_key(&authority, &signer.agent).await?;
    let key = own_keys::add(&authority, &signer, &public).await?;
    let location = format!("/api/agents/keys/{}", key.id);
    Ok((StatusCode::CREATED, [(LOCATION, location)], Json(KeyObject::from(key))).into_response())
}

/// Revoke another key of the agent's own.
///
/// The request is signed with a key that was registered with that one, or that one with it. It
/// holds for the next request, and for tokens got with the key before. Revoking it again changes
/// nothing.
#[utoipa::path(
    delete,
    path = "/api/agents/keys/{key_id}",
    tag = "enrollment",
    params(("key_id" = String, Path, description = "Its id")),
    responses(
        (status = 204, description = "Revoked"),
        (status = 401, description = "The signature proves nobody, or too little", body = Problem),
        (status = 403, description = "The agent may not act now", body = Problem),
        (status = 404, description = "The agent has no such key", body = Problem),
        (status = 409, description = "Not by the key that signed", body = Problem),
    ),
    security(("agent_signature" = []))
)]
pub(crate) async fn revoke_own_key(
    State(authority): State<Authority>,
    whole: Whole,
) -> Result<StatusCode, Refusal> {
    let signer = signer(&authority, &whole).await?;
    own_keys::revoke(&authority, &signer, named(&whole)?).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn signer(authority: &Authority, whole: &Whole) -> Result<Proven, Refusal> {
    let proven = prove::by_agent(authority, whole.received()).await?;
    own_keys::check_signer(&proven)?;
    Ok(proven)
}

/// The id at the end of the path, which is what was signed.
fn named(whole: &Whole) -> Result<KeyId, Refusal> {
    let last = whole.head.uri.path().rsplit('/').next().unwrap_or_default();
    last.parse().map_err(|_| Refusal::NotFound("key"))
}
