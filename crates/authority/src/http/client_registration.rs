//! `/oauth/register`: clients register themselves (RFC 7591), and look after that (RFC 7592).

use axum::Json;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use bailiwick_domain::agent::Agent;
use bailiwick_domain::client::{ClientRegistration, GrantType};
use http::header::AUTHORIZATION;
use http::{HeaderMap, StatusCode};
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use crate::authority::Authority;
use crate::clients::manage;
use crate::clients::metadata::Unfit;
use crate::clients::register::{self, Unregistered};
use crate::enroll::limits;
use crate::http::error::OauthProblem;
use crate::http::peer::Peer;
use crate::http::read::Whole;
use crate::issue::refused::Refused;

/// Where clients register.
pub(crate) const PATH: &str = "/oauth/register";
/// Where one of them is.
pub(crate) const ONE: &str = "/oauth/register/{client_id}";

/// What a client says of itself (RFC 7591, section 2). Members that are not listed are ignored.
#[derive(Debug, ToSchema)]
#[expect(dead_code, reason = "it describes the body; the body itself is read by hand")]
pub(crate) struct ClientMetadata {
    /// Where answers may go: `https`, `http` on the client's own machine, or a scheme with a dot.
    redirect_uris: Option<Vec<String>>,
    /// What people read.
    client_name: Option<String>,
    /// `none` for a public client; with `jwks`, a way that proves one of those keys.
    token_endpoint_auth_method: Option<String>,
    /// `authorization_code`, `refresh_token`, `client_credentials`,
    /// `urn:ietf:params:oauth:grant-type:device_code`, `urn:openid:params:grant-type:ciba`.
    grant_types: Option<Vec<String>>,
    /// `code`.
    response_types: Option<Vec<String>>,
    /// The most it wants to be granted; what the invite allows when left out.
    scope: Option<String>,
    /// Its public keys (RFC 7517).
    #[schema(value_type = Option<Object>)]
    jwks: Option<Map<String, Value>>,
    /// Who answers for it.
    contacts: Option<Vec<String>>,
    /// Whether its tokens are always bound by DPoP (RFC 9449).
    dpop_bound_access_tokens: Option<bool>,
    /// With CIBA's grant: `poll` (when left out) or `ping`.
    backchannel_token_delivery_mode: Option<String>,
    /// With `ping`: where it is told that the person has decided.
    backchannel_client_notification_endpoint: Option<String>,
}

/// A client as it is registered (RFC 7591, section 3.2.1).
#[derive(Serialize, ToSchema)]
pub(crate) struct ClientInformation {
    /// Its id: the agent's.
    client_id: String,
    /// When it was registered, in seconds since 1970.
    client_id_issued_at: i64,
    /// What it reads and changes its registration with; shown once.
    #[serde(skip_serializing_if = "Option::is_none")]
    registration_access_token: Option<String>,
    /// Where.
    registration_client_uri: String,
    /// Where answers may go.
    redirect_uris: Vec<String>,
    /// What people read.
    client_name: String,
    /// How it authenticates.
    token_endpoint_auth_method: &'static str,
    /// What it may ask for tokens by.
    grant_types: Vec<&'static str>,
    /// `code`, where it asks people.
    response_types: Vec<&'static str>,
    /// The most it may be granted.
    scope: String,
    /// Whether its tokens are always bound by DPoP.
    dpop_bound_access_tokens: bool,
    /// With CIBA's grant: `poll` or `ping`.
    #[serde(skip_serializing_if = "Option::is_none")]
    backchannel_token_delivery_mode: Option<&'static str>,
    /// With `ping`: where it is told.
    #[serde(skip_serializing_if = "Option::is_none")]
    backchannel_client_notification_endpoint: Option<String>,
}

impl ClientInformation {
    fn new(
        authority: &Authority,
        (agent, client): (&Agent, &ClientRegistration),
        token: Option<&str>,
    ) -> Self {
        let asks_people = client.grants.contains(&GrantType::AuthorizationCode);
        let asks_elsewhere = client.grants.contains(&GrantType::Backchannel);
        let mode = if client.notification_endpoint.is_some() { "ping" } else { "poll" };
        Self {
            client_id: agent.id.to_string(),
            client_id_issued_at: client.created_at.as_seconds(),
            registration_access_token: token.map(str::to_owned),
            registration_client_uri: format!("{}{PATH}/{}", authority.settings.issuer, agent.id),
            redirect_uris: client.redirect_uris.iter().map(ToString::to_string).collect(),
            client_name: client.name.clone(),
            token_endpoint_auth_method: client.method.as_str(),
            grant_types: client.grants.iter().map(|it| it.as_str()).collect(),
            response_types: if asks_people { vec!["code"] } else { Vec::new() },
            scope: agent.scopes.to_string(),
            dpop_bound_access_tokens: client.dpop_bound,
            backchannel_token_delivery_mode: asks_elsewhere.then_some(mode),
            backchannel_client_notification_endpoint: client.notification_endpoint.clone(),
        }
    }
}

/// Register a client.
///
/// `Authorization: Bearer` carries an invite's code, `bwi_…`: the initial access token. The client
/// becomes an agent of the invite's project, within the invite's scopes.
#[utoipa::path(
    post,
    path = PATH,
    tag = "oauth",
    request_body = ClientMetadata,
    responses(
        (status = 201, description = "Registered", body = ClientInformation),
        (status = 400, description = "It cannot be registered so", body = OauthProblem),
        (status = 401, description = "No invite that can be used", body = OauthProblem),
    ),
    security(("initial_access_token" = []))
)]
pub(crate) async fn register_client(
    State(authority): State<Authority>,
    Peer(address): Peer,
    whole: Whole,
) -> Result<Response, Unregistered> {
    limits::check_address(&authority, address).await?;
    let code = bearer(&whole.head.headers)?;
    let registered = register::register(&authority, code, &members(&whole)?).await?;
    let named = (&registered.agent, &registered.registration);
    let answer = ClientInformation::new(&authority, named, Some(&registered.token));
    Ok((StatusCode::CREATED, Json(answer)).into_response())
}

/// Show a client's own registration (RFC 7592, section 2.1).
#[utoipa::path(
    get,
    path = ONE,
    tag = "oauth",
    params(("client_id" = String, Path, description = "Its id")),
    responses(
        (status = 200, description = "The registration", body = ClientInformation),
        (status = 401, description = "Not its registration access token", body = OauthProblem),
    ),
    security(("registration_access_token" = []))
)]
pub(crate) async fn show_registration(
    State(authority): State<Authority>,
    Path(client_id): Path<String>,
    headers: HeaderMap,
) -> Result<Json<ClientInformation>, Unregistered> {
    let token = bearer(&headers)?;
    let mut tx = authority.store.read().await?;
    let (agent, client) = manage::find(&mut tx, &client_id, token).await?;
    Ok(Json(ClientInformation::new(&authority, (&agent, &client), Some(token))))
}

/// Replace a client's own registration (RFC 7592, section 2.2).
#[utoipa::path(
    put,
    path = ONE,
    tag = "oauth",
    params(("client_id" = String, Path, description = "Its id")),
    request_body = ClientMetadata,
    responses(
        (status = 200, description = "The registration as it is now", body = ClientInformation),
        (status = 400, description = "It cannot be registered so", body = OauthProblem),
        (status = 401, description = "Not its registration access token", body = OauthProblem),
    ),
    security(("registration_access_token" = []))
)]
pub(crate) async fn change_registration(
    State(authority): State<Authority>,
    Path(client_id): Path<String>,
    whole: Whole,
) -> Result<Json<ClientInformation>, Unregistered> {
    let token = bearer(&whole.head.headers)?;
    let members = members(&whole)?;
    let (agent, client) = manage::replace(&authority, (&client_id, token), &members).await?;
    Ok(Json(ClientInformation::new(&authority, (&agent, &client), Some(token))))
}

/// End a client's own registration, and the agent with it (RFC 7592, section 2.3).
#[utoipa::path(
    delete,
    path = ONE,
    tag = "oauth",
    params(("client_id" = String, Path, description = "Its id")),
    responses(
        (status = 204, description = "Ended"),
        (status = 401, description = "Not its registration access token", body = OauthProblem),
    ),
    security(("registration_access_token" = []))
)]
pub(crate) async fn end_registration(
    State(authority): State<Authority>,
    Path(client_id): Path<String>,
    headers: HeaderMap,
) -> Result<StatusCode, Unregistered> {
    manage::end(&authority, (&client_id, bearer(&headers)?)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The one bearer token of a request (RFC 6750, section 2.1).
fn bearer(headers: &HeaderMap) -> Result<&str, Unregistered> {
    let mut fields = headers.get_all(AUTHORIZATION).iter();
    let field = fields.next().filter(|_| fields.next().is_none());
    let text = field.and_then(|field| field.to_str().ok());
    let (scheme, token) = text.and_then(|it| it.split_once(' ')).ok_or(Unregistered::Token)?;
    if scheme.eq_ignore_ascii_case("bearer") { Ok(token) } else { Err(Unregistered::Token) }
}

fn members(whole: &Whole) -> Result<Map<String, Value>, Unregistered> {
    let unreadable = |_| Unfit::Metadata("the body is no JSON object".to_owned());
    Ok(whole.json().map_err(unreadable)?)
}

impl IntoResponse for Unregistered {
    fn into_response(self) -> Response {
        match self {
            Self::Token => Refused::InvalidToken.into_response(),
            Self::Unfit(Unfit::RedirectUri(why)) => {
                Refused::Told("invalid_redirect_uri", why).into_response()
            }
            Self::Unfit(Unfit::Metadata(why)) => {
                Refused::Told("invalid_client_metadata", why).into_response()
            }
            Self::Refused(refusal) => refusal.into_response(),
        }
    }
}
