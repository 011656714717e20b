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
use crate::enroll::applicant::{Applicant, Brought};
use crate::enroll::{limits, register};
use crate::govern::{credentials, identities};
use crate::http::error::Problem;
use crate::http::peer::Peer;
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
    #[schema(value_type = Option<Object>)]
    jwk: Option<Map<String, Value>>,
    /// Instead of `jwk`: its Ethereum address. The request is signed by it (ERC-8128).
    wallet_address: Option<String>,
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
    /// `pending`, `active`, `suspended` or `retired`.
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

/// What an applicant says of itself, read.
pub(crate) fn applicant(
    name: &str,
    owner: String,
    purpose: String,
    kind: Option<&str>,
    key: Brought,
) -> Result<Applicant, Refusal> {
    let kind = kind.map(|kind| text::read("kind", kind)).transpose()?;
    Ok(Applicant {
        name: text::read("name", name)?,
        owner: text::owner(owner)?,
        purpose: text::purpose(purpose)?,
        kind: kind.unwrap_or(Kind::Autonomous),
        key,
    })
}

/// What an applicant wants to be known by: a key, or an account.
pub(crate) fn brought(
    jwk: Option<Map<String, Value>>,
    wallet_address: Option<&str>,
) -> Result<Brought, Refusal> {
    match (jwk, wallet_address) {
        (Some(jwk), None) => {
            let public = credentials::read_jwk(&Value::Object(jwk).to_string())?;
            Ok(Brought::Public(public))
        }
        (None, Some(address)) => identities::read_wallet(address).map(Brought::Wallet),
        _ => Err(Refusal::Malformed("bring either `jwk` or `walletAddress`".to_owned())),
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
        (status = 409, description = "The name or the key cannot be had", body = Problem),
        (status = 429, description = "Too many tries", body = Problem),
    ),
    security(("agent_signature" = []))
)]
pub(crate) async fn register_agent(
    State(authority): State<Authority>,
    Peer(address): Peer,
    whole: Whole,
) -> Result<Response, Refusal> {
    crate::prove::require_signature(whole.received())?;
    limits::check_address(&authority, address).await?;
    let Registration { invite_code, name, owner, purpose, kind, jwk, wallet_address } =
        whole.json()?;
    let key = brought(jwk, wallet_address.as_deref())?;
    let applicant = applicant(&name, owner, purpose, kind.as_deref(), key)?;
    let registered = register::by_invite(&authority, whole.received(), &invite_code, applicant);
    let (agent, key) = registered.await?;
    let answer = Registered::new(&authority, &agent, &key);
    Ok((StatusCode::CREATED, Json(answer)).into_response())
}
