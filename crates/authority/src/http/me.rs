//! `GET /api/agents/me`: what is known of the agent that signed the request.

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use crate::admin::agent_object::AgentObject;
use crate::authority::Authority;
use crate::http::error::Problem;
use crate::http::read::Whole;
use crate::http::register::Registered;
use crate::prove;
use crate::refusal::Refusal;

/// The agent that asks.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Me {
    #[serde(flatten)]
    registered: Registered,
    /// All that is known of it.
    agent: AgentObject,
}

/// Show the agent that signed this request, whatever its state.
#[utoipa::path(
    get,
    path = "/api/agents/me",
    tag = "enrollment",
    responses(
        (status = 200, description = "The agent", body = Me),
        (status = 400, description = "The signature cannot be read", body = Problem),
        (status = 401, description = "The signature proves nobody", body = Problem),
    ),
    security(("agent_signature" = []))
)]
pub(crate) async fn show_self(
    State(authority): State<Authority>,
    whole: Whole,
) -> Result<Json<Me>, Refusal> {
    let proven = prove::by_agent(&authority, whole.received()).await?;
    let registered = Registered::new(&authority, &proven.agent, &proven.key);
    let agent = AgentObject::new(&authority, proven.agent);
    Ok(Json(Me { registered, agent }))
}
