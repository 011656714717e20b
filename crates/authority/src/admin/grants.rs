//! `/api/v1/grants`: what one lets another do, listed, shown and ended.

use axum::Json;
use axum::extract::State;
use bailiwick_domain::id::{AgentId, GrantId};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::admin::grant_object::GrantObject;
use crate::admin::page;
use crate::authority::Authority;
use crate::govern::grants;
use crate::http::error::Problem;
use crate::http::read::{Asked, Named};
use crate::refusal::Refusal;
use crate::text;

/// Which grants to list.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct GrantQuery {
    /// Only those that this agent may act by: its id.
    agent: Option<String>,
    /// Where to go on: `next` of the page before.
    before: Option<String>,
    /// How many, 1 to 1000; 100 when left out.
    limit: Option<u32>,
}

/// Grants, newest first.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct GrantList {
    /// One page of them.
    grants: Vec<GrantObject>,
    /// Where the next page starts, when there may be one.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

/// List grants.
#[utoipa::path(
    get,
    path = "/api/v1/grants",
    tag = "grants",
    params(GrantQuery),
    responses(
        (status = 200, description = "One page", body = GrantList),
        (status = 400, description = "Malformed", body = Problem),
        (status = 401, description = "No operator", body = Problem),
    ),
    security(("operator" = []))
)]
pub(crate) async fn list_grants(
    State(authority): State<Authority>,
    Asked(query): Asked<GrantQuery>,
) -> Result<Json<GrantList>, Refusal> {
    let size = page::size(query.limit)?;
    let agent: Option<AgentId> = query.agent.map(|it| text::read("agent", &it)).transpose()?;
    let before: Option<GrantId> = query.before.map(|it| text::read("before", &it)).transpose()?;
    let mut tx = authority.store.read().await?;
    let mut found = tx.grants().list(agent, before, size.saturating_add(1)).await?;
    let most = usize::try_from(size).unwrap_or(usize::MAX);
    let more = found.len() > most;
    found.truncate(most);
    let next = found.last().filter(|_| more).map(|it| it.id.to_string());
    let now = authority.now();
    let grants = found.into_iter().map(|it| GrantObject::new(it, now)).collect();
    Ok(Json(GrantList { grants, next }))
}

/// Show a grant.
#[utoipa::path(
    get,
    path = "/api/v1/grants/{id}",
    tag = "grants",
    params(("id" = String, Path, description = "Its id")),
    responses(
        (status = 200, description = "The grant", body = GrantObject),
        (status = 401, description = "No operator", body = Problem),
        (status = 404, description = "No such grant", body = Problem),
    ),
    security(("operator" = []))
)]
pub(crate) async fn show_grant(
    State(authority): State<Authority>,
    Named(id): Named,
) -> Result<Json<GrantObject>, Refusal> {
    let id = id.parse().map_err(|_| Refusal::NotFound("grant"))?;
    let found = authority.store.read().await?.grants().find(id).await?;
    let found = found.ok_or(Refusal::NotFound("grant"))?;
    Ok(Json(GrantObject::new(found, authority.now())))
}

/// End a grant, and with it everything that hangs on it, from the next request on.
#[utoipa::path(
    delete,
    path = "/api/v1/grants/{id}",
    tag = "grants",
    params(("id" = String, Path, description = "Its id")),
    responses(
        (status = 200, description = "The grant as it is now", body = GrantObject),
        (status = 401, description = "No operator", body = Problem),
        (status = 404, description = "No such grant", body = Problem),
    ),
    security(("operator" = []))
)]
pub(crate) async fn end_grant(
    State(authority): State<Authority>,
    Named(id): Named,
) -> Result<Json<GrantObject>, Refusal> {
    let id = id.parse().map_err(|_| Refusal::NotFound("grant"))?;
    let grant = grants::end(&authority, id).await?;
    Ok(Json(GrantObject::new(grant, authority.now())))
}
