//! `/api/v1/signing-keys`: the keys that sign access tokens.

use axum::Json;
use axum::extract::State;
use bailiwick_domain::time::Timestamp;
use bailiwick_store::signing_keys::SigningPublic;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::authority::Authority;
use crate::govern::signing_keys;
use crate::http::error::Problem;
use crate::http::read::Given;
use crate::refusal::Refusal;

/// A key that signs access tokens, will, or did.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SigningKey)]
pub(crate) struct SigningKeyObject {
    /// Its thumbprint (RFC 7638); the `kid` of what it signs.
    kid: String,
    /// How it signs.
    #[schema(example = "ES256")]
    alg: &'static str,
    /// `next` (published ahead), `current` (it signs), `previous` (what it signed may be valid
    /// still), `retired` or `revoked` (neither published nor accepted).
    #[schema(example = "current")]
    state: &'static str,
    /// When it was made.
    #[schema(format = DateTime)]
    created_at: String,
    /// When it began to sign.
    #[schema(format = DateTime)]
    signs_from: Option<String>,
    /// When another took its place.
    #[schema(format = DateTime)]
    stopped_at: Option<String>,
    /// From when on nothing that it signed is accepted.
    #[schema(format = DateTime)]
    ends_at: Option<String>,
}

/// The keys, newest first.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SigningKeyList {
    /// All of them, those that count no more too.
    signing_keys: Vec<SigningKeyObject>,
}

/// How the keys are to take turns.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Rotation {
    /// Whether everything signed before is refused from the next request on; `false` when left out.
    #[serde(default)]
    revoke: bool,
}

impl SigningKeyList {
    fn of(keys: Vec<SigningPublic>, now: Timestamp) -> Self {
        let text = |at: Option<Timestamp>| at.map(|at| at.to_string());
        let object = |key: SigningPublic| SigningKeyObject {
            state: key.life.stage(now).as_str(),
            alg: "ES256",
            created_at: key.created_at.to_string(),
            signs_from: text(key.life.signs_from),
            stopped_at: text(key.life.stopped_at),
            ends_at: text(key.life.ends_at()),
            kid: key.id,
        };
        Self { signing_keys: keys.into_iter().map(object).collect() }
    }
}

/// List the keys that sign access tokens.
#[utoipa::path(
    get,
    path = "/api/v1/signing-keys",
    tag = "signing-keys",
    responses(
        (status = 200, description = "All of them", body = SigningKeyList),
        (status = 401, description = "No operator", body = Problem),
    ),
    security(("operator" = []))
)]
pub(crate) async fn list_token_keys(
    State(authority): State<Authority>,
) -> Result<Json<SigningKeyList>, Refusal> {
    let keys = signing_keys::list(&authority).await?;
    Ok(Json(SigningKeyList::of(keys, authority.now())))
}

/// Let the next key sign at once. It is published already; another next one is made.
///
/// Those who ask at the same moment ask for the same.
#[utoipa::path(
    post,
    path = "/api/v1/signing-keys/rotate",
    tag = "signing-keys",
    request_body = Rotation,
    responses(
        (status = 200, description = "The keys as they are now", body = SigningKeyList),
        (status = 400, description = "Malformed", body = Problem),
        (status = 401, description = "No operator", body = Problem),
    ),
    security(("operator" = []))
)]
pub(crate) async fn rotate_token_keys(
    State(authority): State<Authority>,
    Given(rotation): Given<Rotation>,
) -> Result<Json<SigningKeyList>, Refusal> {
    let keys = signing_keys::rotate(&authority, rotation.revoke).await?;
    Ok(Json(SigningKeyList::of(keys, authority.now())))
}
