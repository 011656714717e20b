//! `GET /healthz`: the process answers. `GET /readyz`: so does what it stands on.

use axum::Json;
use axum::extract::State;
use bailiwick_store::signing_keys::Duty;
use serde::Serialize;
use utoipa::ToSchema;

use crate::authority::Authority;
use crate::http::error::Problem;
use crate::refusal::Refusal;

/// How this server is.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Health {
    /// `ok`.
    #[schema(example = "ok")]
    status: &'static str,
}

/// Whether the process answers.
#[utoipa::path(
    get,
    path = "/healthz",
    tag = "health",
    responses((status = 200, description = "It does", body = Health)),
    security(())
)]
pub(crate) async fn check_process() -> Json<Health> {
    Json(Health { status: "ok" })
}

/// Whether the store answers.
#[utoipa::path(
    get,
    path = "/readyz",
    tag = "health",
    responses(
        (status = 200, description = "It does", body = Health),
        (status = 503, description = "It does not", body = Problem),
    ),
    security(())
)]
pub(crate) async fn check_store(
    State(authority): State<Authority>,
) -> Result<Json<Health>, Refusal> {
    authority.store.read().await?.signing_keys().list(Duty::Token).await?;
    Ok(Json(Health { status: "ok" }))
}
