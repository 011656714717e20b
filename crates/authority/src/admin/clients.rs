//! `/api/v1/agents/{agent}/client`: which agents are OAuth clients, and on what terms.

use axum::Json;
use axum::extract::State;
use bailiwick_domain::client::{ClientRegistration, Source};
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use crate::admin::agent_object::InProject;
use crate::authority::Authority;
use crate::govern::clients;
use crate::http::error::Problem;
use crate::http::read::{Asked, Given, Named};
use crate::refusal::Refusal;

/// An agent as an OAuth client.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Client)]
pub(crate) struct ClientObject {
    /// The agent's id, the OAuth `client_id`.
    client_id: String,
    /// `operator`, `itself` or `document`: who says all this.
    source: &'static str,
    /// Where the document is, which is its `client_id` too.
    #[serde(skip_serializing_if = "Option::is_none")]
    document: Option<String>,
    /// What people read.
    client_name: String,
    /// Where answers may go.
    redirect_uris: Vec<String>,
    /// How it authenticates; `none`: it is public.
    token_endpoint_auth_method: &'static str,
    /// What it may ask for tokens by.
    grant_types: Vec<&'static str>,
    /// Whether its tokens are always bound by DPoP.
    dpop_bound_access_tokens: bool,
    /// Where it is told of decisions (CIBA, ping).
    #[serde(skip_serializing_if = "Option::is_none")]
    backchannel_client_notification_endpoint: Option<String>,
    /// When it was registered.
    #[schema(format = DateTime)]
    created_at: String,
    /// When it was last changed.
    #[schema(format = DateTime)]
    updated_at: String,
}

/// What an agent is as a client; what is left out takes the value that fits most.
#[derive(Debug, ToSchema)]
#[expect(dead_code, reason = "it describes the body; the body itself is read by hand")]
pub(crate) struct ClientTerms {
    /// Where answers may go: `https`, `http` on the client's own machine (any port), or an app's
    /// own scheme, which has a dot.
    redirect_uris: Option<Vec<String>>,
    /// What people read; the agent's name when left out.
    client_name: Option<String>,
    /// How it authenticates; `private_key_jwt` when left out, `none` for a public client.
    token_endpoint_auth_method: Option<String>,
    /// What it may ask for tokens by; a device code
    /// (`urn:ietf:params:oauth:grant-type:device_code`) and CIBA
    /// (`urn:openid:params:grant-type:ciba`) have to be named, all else is there when left out.
    grant_types: Option<Vec<String>>,
    /// Whether its tokens are always bound by DPoP (RFC 9449).
    dpop_bound_access_tokens: Option<bool>,
    /// With CIBA's grant: `poll` (when left out) or `ping`.
    backchannel_token_delivery_mode: Option<String>,
    /// With `ping`: where it is told that the person has decided.
    backchannel_client_notification_endpoint: Option<String>,
}

impl From<ClientRegistration> for ClientObject {
    fn from(client: ClientRegistration) -> Self {
        let (source, document) = match client.source {
            Source::Operator => ("operator", None),
            Source::Itself(_) => ("itself", None),
            Source::Document(url) => ("document", Some(url)),
        };
        Self {
            client_id: client.agent.to_string(),
            source,
            document,
            client_name: client.name,
            redirect_uris: client.redirect_uris.iter().map(ToString::to_string).collect(),
            token_endpoint_auth_method: client.method.as_str(),
            grant_types: client.grants.iter().map(|it| it.as_str()).collect(),
            dpop_bound_access_tokens: client.dpop_bound,
            backchannel_client_notification_endpoint: client.notification_endpoint,
            created_at: client.created_at.to_string(),
            updated_at: client.updated_at.to_string(),
        }
    }
}

/// Show an agent as a client.
#[utoipa::path(
    get,
    path = "/api/v1/agents/{agent}/client",
    tag = "agents",
    params(("agent" = String, Path, description = "Its id or name"), InProject),
    responses(
        (status = 200, description = "The registration", body = ClientObject),
        (status = 401, description = "No operator", body = Problem),
        (status = 404, description = "No such agent, or no client", body = Problem),
    ),
    security(("operator" = []))
)]
pub(crate) async fn show_client(
    State(authority): State<Authority>,
    Named(agent): Named,
    Asked(within): Asked<InProject>,
) -> Result<Json<ClientObject>, Refusal> {
    let address = within.address(&agent)?;
    Ok(Json(clients::show(&authority, &address).await?.into()))
}

/// Make an agent a client, or change what it is as one.
#[utoipa::path(
    put,
    path = "/api/v1/agents/{agent}/client",
    tag = "agents",
    params(("agent" = String, Path, description = "Its id or name"), InProject),
    request_body = ClientTerms,
    responses(
        (status = 200, description = "The registration as it is now", body = ClientObject),
        (status = 400, description = "Malformed", body = Problem),
        (status = 401, description = "No operator", body = Problem),
        (status = 404, description = "No such agent", body = Problem),
        (status = 409, description = "Not of this agent", body = Problem),
    ),
    security(("operator" = []))
)]
pub(crate) async fn put_client(
    State(authority): State<Authority>,
    Named(agent): Named,
    Asked(within): Asked<InProject>,
    Given(members): Given<Map<String, Value>>,
) -> Result<Json<ClientObject>, Refusal> {
    let address = within.address(&agent)?;
    let known = [
        "redirect_uris",
        "client_name",
        "token_endpoint_auth_method",
        "grant_types",
        "dpop_bound_access_tokens",
        "backchannel_token_delivery_mode",
        "backchannel_client_notification_endpoint",
    ];
    if let Some(name) = members.keys().find(|name| !known.contains(&name.as_str())) {
        let name: String = name.chars().take(80).collect();
        return Err(Refusal::Malformed(format!("`{name}` is no member of a client")));
    }
    Ok(Json(clients::put(&authority, &address, &members).await?.into()))
}

/// Make an agent no client any more.
#[utoipa::path(
    delete,
    path = "/api/v1/agents/{agent}/client",
    tag = "agents",
    params(("agent" = String, Path, description = "Its id or name"), InProject),
    responses(
        (status = 200, description = "The registration as it was", body = ClientObject),
        (status = 401, description = "No operator", body = Problem),
        (status = 404, description = "No such agent, or no client", body = Problem),
    ),
    security(("operator" = []))
)]
pub(crate) async fn remove_client(
    State(authority): State<Authority>,
    Named(agent): Named,
    Asked(within): Asked<InProject>,
) -> Result<Json<ClientObject>, Refusal> {
    Ok(Json(clients::remove(&authority, &within.address(&agent)?).await?.into()))
}
