//! `POST /oauth/introspect` (RFC 7662): is this token live, and what does it allow?

use axum::Json;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use bailiwick_domain::id::AgentId;
use bailiwick_proof::jws;
use bailiwick_store::refresh_tokens::RefreshToken;
use http::header::{ACCEPT, CONTENT_TYPE};
use http::{HeaderMap, HeaderValue};
use serde_json::{Value, json};
use utoipa::ToSchema;

use crate::authority::Authority;
use crate::fault::Fault;
use crate::http::error::OauthProblem;
use crate::http::token;
use crate::issue::introspect::{self, Told};
use crate::issue::line::Line;
use crate::issue::live::Live;
use crate::issue::refused::Refused;

/// Where the endpoint is.
pub(crate) const PATH: &str = "/oauth/introspect";
/// The type of an answer that is a JWT (RFC 9701, section 5).
const TYPE: &str = "token-introspection+jwt";

/// What is asked about.
#[derive(Debug, ToSchema)]
#[expect(dead_code, reason = "it describes the form; the form itself is read by hand")]
pub(crate) struct IntrospectionRequest {
    /// The token.
    token: String,
    /// Not needed.
    token_type_hint: Option<String>,
    /// As at the token endpoint.
    client_assertion_type: Option<String>,
    /// As at the token endpoint.
    client_assertion: Option<String>,
}

/// What there is to say (RFC 7662, section 2.2): `active` alone, or what the token's claims say
/// beside it.
#[derive(Debug, ToSchema)]
#[expect(dead_code, reason = "it describes the answer; its claims are the token's own")]
pub(crate) struct Introspection {
    /// Whether the token is live, and the asker may know.
    active: bool,
    /// What it allows.
    scope: Option<String>,
    /// The agent it was issued to.
    client_id: Option<String>,
    /// Whose authority it carries.
    sub: Option<String>,
    /// The grant that it hangs on.
    grant: Option<String>,
    /// The task that it is for.
    task: Option<String>,
    /// How much may be done by it and all that hangs with it on the same grants.
    #[schema(example = "calls=100 deletes=0")]
    budgets: Option<String>,
}

/// Tell whether a token is live.
///
/// The client proves itself as at the token endpoint. Told are the agent that the token was issued
/// to, the agents it was delegated by, and agents with the scope `tokens:introspect`; of a refresh
/// token, its own client. Everybody else hears what is said of unknown tokens. With
/// `Accept: application/token-introspection+jwt` the answer is a JWT (RFC 9701).
#[utoipa::path(
    post,
    path = PATH,
    tag = "oauth",
    request_body(
        content = IntrospectionRequest,
        content_type = "application/x-www-form-urlencoded"
    ),
    responses(
        (status = 200, description = "What there is to say", body = Introspection),
        (status = 400, description = "Refused", body = OauthProblem),
        (status = 401, description = "The client is not proven", body = OauthProblem),
    ),
    security(("agent_signature" = []), ("client_assertion" = []))
)]
pub(crate) async fn introspect_token(
    State(authority): State<Authority>,
    request: Request,
) -> Result<Response, Refused> {
    let (whole, form) = token::read_form(request).await?;
    let (client, told) = introspect::introspect(&authority, whole.received(), &form).await?;
    let told = match &told {
        None => json!({ "active": false }),
        Some(Told::Access(live)) => tell(live),
        Some(Told::Refresh(token, line)) => tell_refresh(&authority, token, line),
    };
    if !wants_jwt(&whole.head.headers) {
        return Ok(Json(told).into_response());
    }
    let signed = sign(&authority, client.agent.id, &told).await?;
    let kind = HeaderValue::from_static("application/token-introspection+jwt");
    Ok(([(CONTENT_TYPE, kind)], signed).into_response())
}

fn tell(live: &Live) -> Value {
    let mut told = live.token.to_claims();
    let scopes = live.extent().map(|extent| extent.scopes.to_string()).unwrap_or_default();
    told.insert("active".to_owned(), true.into());
    told.insert("scope".to_owned(), scopes.into());
    told.insert("token_type".to_owned(), "access_token".into());
    if let Some(budgets) = live.line.as_ref().map(Line::budgets).filter(|it| !it.is_empty()) {
        told.insert("budgets".to_owned(), budgets.to_string().into());
    }
    Value::Object(told)
}

/// Of a refresh token, that it can be used, until when, and what it renews (RFC 7662, section 2.2).
fn tell_refresh(authority: &Authority, token: &RefreshToken, line: &Line) -> Value {
    let scopes = line.leaf().extent.scopes.intersection(&line.ceiling());
    json!({
        "active": true,
        "token_type": "refresh_token",
        "client_id": token.agent.to_string(),
        "scope": scopes.to_string(),
        "sub": line.acting(&authority.settings.trust_domain).subject,
        "iss": authority.settings.issuer,
        "exp": token.expires_at.min(line.expires_at()).as_seconds(),
        "grant": token.grant.to_string(),
    })
}

fn wants_jwt(headers: &HeaderMap) -> bool {
    let accepted = headers.get_all(ACCEPT).iter().filter_map(|it| it.to_str().ok());
    let mut kinds = accepted.flat_map(|it| it.split(','));
    kinds.any(|kind| {
        let essence = kind.split(';').next().unwrap_or_default().trim();
        essence.eq_ignore_ascii_case("application/token-introspection+jwt")
    })
}

/// RFC 9701, section 5: for the asker alone, and never to be taken for an access token.
async fn sign(authority: &Authority, asker: AgentId, told: &Value) -> Result<String, Fault> {
    let claims = json!({
        "iss": authority.settings.issuer,
        "aud": asker.to_string(),
        "iat": authority.now().as_seconds(),
        "token_introspection": told,
    });
    Ok(jws::sign(&authority.signing().await?.key, TYPE, &claims)?)
}
