//! `/api/v1/agents/{agent}/…`: suspended, resumed and retired.

use axum::Json;
use axum::extract::State;
use bailiwick_domain::agent::State as AgentState;

use crate::admin::agent_object::{AgentObject, InProject};
use crate::authority::Authority;
use crate::govern::agents;
use crate::http::error::Problem;
use crate::http::read::{Asked, Named};
use crate::refusal::Refusal;

/// Suspend an agent: from its next request on it is refused, until it is resumed.
#[utoipa::path(
    post,
    path = "/api/v1/agents/{agent}/suspend",
    tag = "agents",
    params(("agent" = String, Path, description = "Its id or name"), InProject),
    responses(
        (status = 200, description = "The agent as it is now", body = AgentObject),
        (status = 401, description = "No operator", body = Problem),
        (status = 404, description = "No such agent", body = Problem),
        (status = 409, description = "It is not active", body = Problem),
    ),
    security(("operator" = []))
)]
pub(crate) async fn suspend_agent(
    State(authority): State<Authority>,
    Named(agent): Named,
    Asked(place): Asked<InProject>,
) -> Result<Json<AgentObject>, Refusal> {
    move_to(&authority, &agent, &place, AgentState::Suspended).await
}

/// Resume a suspended agent.
#[utoipa::path(
    post,
    path = "/api/v1/agents/{agent}/resume",
    tag = "agents",
    params(("agent" = String, Path, description = "Its id or name"), InProject),
    responses(
        (status = 200, description = "The agent as it is now", body = AgentObject),
        (status = 401, description = "No operator", body = Problem),
        (status = 404, description = "No such agent", body = Problem),
        (status = 409, description = "It is not suspended", body = Problem),
    ),
    security(("operator" = []))
)]
pub(crate) async fn resume_agent(
    State(authority): State<Authority>,
    Named(agent): Named,
    Asked(place): Asked<InProject>,
) -> Result<Json<AgentObject>, Refusal> {
    move_to(&authority, &agent, &place, AgentState::Active).await
}

/// Retire an agent for ever. Its name and its keys stay taken.
#[utoipa::path(
    post,
    path = "/api/v1/agents/{agent}/retire",
    tag = "agents",
    params(("agent" = String, Path, description = "Its id or name"), InProject),
    responses(
        (status = 200, description = "The agent as it is now", body = AgentObject),
        (status = 401, description = "No operator", body = Problem),
        (status = 404, description = "No such agent", body = Problem),
        (status = 409, description = "It is retired already", body = Problem),
    ),
    security(("operator" = []))
)]
pub(crate) async fn retire_agent(
    State(authority): State<Authority>,
    Named(agent): Named,
    Asked(place): Asked<InProject>,
) -> Result<Json<AgentObject>, Refusal> {
    move_to(&authority, &agent, &place, AgentState::Retired).await
}

async fn move_to(
    authority: &Authority,
    agent: &str,
    place: &InProject,
    to: AgentState,
) -> Result<Json<AgentObject>, Refusal> {
    let agent = agents::become_state(authority, &place.address(agent)?, to).await?;
    Ok(Json(AgentObject::new(authority, agent)))
}
