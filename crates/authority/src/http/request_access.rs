//! `POST /api/agents/request-access`: an agent without an invite asks to come in.

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use bailiwick_domain::agent::State as AgentState;
use http::StatusCode;
use serde::Deserialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use crate::authority::Authority;
use crate::enroll::{limits, request};
use crate::govern::projects::Address;
use crate::http::error::Problem;
use crate::http::peer::Peer;
use crate::http::read::Whole;
use crate::http::register::{Registered, applicant, brought};
use crate::refusal::Refusal;

/// What an agent sends to come in without an invite.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(crate) struct AccessRequest {
    /// The project's id or name.
    #[schema(example = "default")]
    project_id: String,
    /// The name it wants: a-z, 0-9 and `-`.
    #[schema(example = "ticket-summarizer")]
    name: String,
    /// The person or team who answers for it.
    owner: String,
    /// What it is for.
    purpose: String,
    /// `copilot` or `autonomous`; the latter when left out.
    kind: Option<String>,
    /// Its public key (RFC 7517): Ed25519 or P-256. The request is signed with it, `keyid` being
    /// its RFC 7638 thumbprint.
    #[schema(value_type = Option<Object>)]
    jwk: Option<Map<String, Value>>,
    /// Instead of `jwk`: its Ethereum address. The request is signed by it (ERC-8128).
    wallet_address: Option<String>,
}

/// Ask to come into a project.
///
/// The request is signed (RFC 9421) with the key that it brings: proof of possession. In an open
/// project the agent is active at once; in one where agents ask, an operator approves it within
/// seven days, and `GET /api/agents/me` tells its state.
#[utoipa::path(
    post,
    path = "/api/agents/request-access",
    tag = "enrollment",
    request_body = AccessRequest,
    responses(
        (status = 201, description = "Active", body = Registered),
        (status = 202, description = "Pending", body = Registered),
        (status = 400, description = "Malformed", body = Problem),
        (status = 401, description = "The key is not proven", body = Problem),
        (status = 403, description = "The project takes agents by invite only", body = Problem),
        (status = 404, description = "No such project", body = Problem),
        (status = 409, description = "The name or the key cannot be had", body = Problem),
        (status = 429, description = "Too many tries, or too many wait", body = Problem),
    ),
    security(("agent_signature" = []))
)]
pub(crate) async fn request_access(
    State(authority): State<Authority>,
    Peer(address): Peer,
    whole: Whole,
) -> Result<Response, Refusal> {
    crate::prove::require_signature(whole.received())?;
    limits::check_address(&authority, address).await?;
    let AccessRequest { project_id, name, owner, purpose, kind, jwk, wallet_address } =
        whole.json()?;
    let key = brought(jwk, wallet_address.as_deref())?;
    let applicant = applicant(&name, owner, purpose, kind.as_deref(), key)?;
    let project = Address::read(&project_id)?;
    let taken = request::by_request(&authority, whole.received(), &project, applicant);
    let (agent, key) = taken.await?;
    let status = match agent.state {
        AgentState::Pending => StatusCode::ACCEPTED,
        AgentState::Active | AgentState::Suspended | AgentState::Retired => StatusCode::CREATED,
    };
    Ok((status, Json(Registered::new(&authority, &agent, &key))).into_response())
}
