//! `/api/v1/agents/{agent}/…`: requests to come in, approved and refused.

use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::admin::agent_object::{AgentObject, InProject};
use crate::authority::Authority;
use crate::govern::requests::{self, Approval};
use crate::http::error::Problem;
use crate::http::read::{Asked, Given, Named};
use crate::refusal::Refusal;
use crate::text;

/// How an agent is approved.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AgentApproval {
    /// The most it may be granted; the project's scopes when left out.
    scopes: Option<Vec<String>>,
    /// Why it is granted a broad scope.
    broad_because: Option<String>,
}

/// How an agent is refused.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AgentRefusal {
    /// Why; the agent is told.
    because: Option<String>,
}

/// Approve a pending agent: it may act from its next request on.
#[utoipa::path(
    post,
    path = "/api/v1/agents/{agent}/approve",
    tag = "agents",
    params(("agent" = String, Path, description = "Its id or name"), InProject),
    request_body = AgentApproval,
    responses(
        (status = 200, description = "The agent as it is now", body = AgentObject),
        (status = 400, description = "Malformed, or broad without a reason", body = Problem),
        (status = 401, description = "No operator", body = Problem),
        (status = 404, description = "No such agent", body = Problem),
        (status = 409, description = "Not pending, or for longer than 7 days", body = Problem),
    ),
    security(("operator" = []))
)]
pub(crate) async fn approve_agent(
    State(authority): State<Authority>,
    Named(agent): Named,
    Asked(place): Asked<InProject>,
    Given(body): Given<AgentApproval>,
) -> Result<Json<AgentObject>, Refusal> {
    let approval = Approval {
        scopes: body.scopes.as_deref().map(text::scopes).transpose()?,
        broad_because: body.broad_because.map(text::reason).transpose()?,
    };
    let agent = requests::approve(&authority, &place.address(&agent)?, approval).await?;
    Ok(Json(AgentObject::new(&authority, agent)))
}

/// Refuse a pending agent.
///
/// It is retired without ever having acted. Its name is free again, and it is found by its id only;
/// its key stays taken.
#[utoipa::path(
    post,
    path = "/api/v1/agents/{agent}/refuse",
    tag = "agents",
    params(("agent" = String, Path, description = "Its id or name"), InProject),
    request_body = AgentRefusal,
    responses(
        (status = 200, description = "The agent as it is now", body = AgentObject),
        (status = 400, description = "Malformed", body = Problem),
        (status = 401, description = "No operator", body = Problem),
        (status = 404, description = "No such agent", body = Problem),
        (status = 409, description = "It is not pending", body = Problem),
    ),
    security(("operator" = []))
)]
pub(crate) async fn refuse_agent(
    State(authority): State<Authority>,
    Named(agent): Named,
    Asked(place): Asked<InProject>,
    Given(body): Given<AgentRefusal>,
) -> Result<Json<AgentObject>, Refusal> {
    let because = body.because.map(text::because).transpose()?;
    let agent = requests::refuse(&authority, &place.address(&agent)?, because).await?;
    Ok(Json(AgentObject::new(&authority, agent)))
}
