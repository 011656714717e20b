//! `POST /api/agents/register`: an agent with an invite brings its own key.

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use bailiwick_domain::agent::{Agent, Kind};
use bailiwick_domain::credential::Key;
use http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

use crate::authority::Authority;
use crate::enroll::register::{self, Applicant};
use crate::govern::credentials;
use crate::http::error::Problem;
use crate::http::read::Whole;
use crate::refusal::Refusal;
use crate::text;

/// What an agent sends to register.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(crate) struct Registration {
    /// The invite's code, `bwi_…`.
    invite_code: String,
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
    #[schema(value_type = Object)]
    jwk: Map<String, Value>,
}

/// How an agent is known here.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Registered {
    /// Its identifier; the OAuth `client_id`.
    agent_id: String,
    /// Its name.
    name: String,
    /// The subject of its tokens.
    subject: String,
    /// The identifier of its key; a signature's `keyid`.
    key_id: String,
    /// `active`, `suspended` or `retired`.
    status: &'static str,
    /// Where the APIs are.
    gateway: String,
    /// Who issues tokens.
    issuer: String,
}

impl Registered {
    /// How this agent is known by this key.
    pub(crate) fn new(authority: &Authority, agent: &Agent, key: &Key) -> Self {
        Self {
            agent_id: agent.id.to_string(),
            name: agent.name.to_string(),
            subject: agent.subject(&authority.settings.trust_domain),
            key_id: key.id.to_string(),
            status: agent.state.as_str(),
            gateway: authority.settings.gateway.clone(),
            issuer: authority.settings.issuer.clone(),
        }
    }
}

/// Register with an invite.
///
/// The request is signed (RFC 9421) with the key that it brings: proof of possession.
#[utoipa::path(
    post,
    path = "/api/agents/register",
    tag = "enrollment",
    request_body = Registration,
    responses(
        (status = 201, description = "Registered", body = Registered),
        (status = 400, description = "Malformed", body = Problem),
        (status = 401, description = "The key is not proven", body = Problem),
        (status = 403, description = "The invite cannot be used", body = Problem),
        (status = 409, description = "The name or the key is taken", body = Problem),
    ),
    security(("agent_signature" = []))
)]
pub(crate) async fn register_agent(
    State(authority): State<Authority>,
    whole: Whole,
) -> Result<Response, Refusal> {
    crate::prove::require_signature(whole.received())?;
    let body: Registration = whole.json()?;
    let kind = body.kind.as_deref().map(|kind| text::read("kind", kind)).transpose()?;
    let applicant = Applicant {
        name: text::read("name", &body.name)?,
        owner: text::owner(body.owner)?,
        purpose: text::purpose(body.purpose)?,
        kind: kind.unwrap_or(Kind::Autonomous),
        key: credentials::read_jwk(&Value::Object(body.jwk).to_string())?,
    };
    let registered =
        register::by_invite(&authority, whole.received(), &body.invite_code, applicant).await;
    let (agent, key) = registered?;
    let answer = Registered::new(&authority, &agent, &key);
    Ok((StatusCode::CREATED, Json(answer)).into_response())
}
