//! `POST /oauth/token` (RFC 6749, section 3.2).

use axum::Json;
use axum::extract::{Form, FromRequest, Request, State};
use axum::response::{IntoResponse, Response};
use bailiwick_domain::scope::Scope;
use bailiwick_proof::jwt::details;
use http::HeaderValue;
use http::header::PRAGMA;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::authority::Authority;
use crate::authorize::extent;
use crate::http::error::OauthProblem;
use crate::http::read::Whole;
use crate::issue::mint::Issued;
use crate::issue::refused::Refused;
use crate::issue::{decide, form};

/// Where the endpoint is.
pub(crate) const PATH: &str = "/oauth/token";

/// A token response (RFC 6749, section 5.1).
#[derive(Serialize, ToSchema)]
#[expect(clippy::struct_field_names, reason = "the RFC's own names")]
pub(crate) struct Token {
    /// The token: a JWT (RFC 9068).
    access_token: String,
    /// How it is sent. `Bearer`: alone, or with what it is bound to beside it: a signature of its
    /// key, or its certificate. `DPoP`: with a proof for each request (RFC 9449).
    #[schema(example = "Bearer")]
    token_type: &'static str,
    /// How long it lives, in seconds.
    expires_in: u32,
    /// What it allows; with `offline_access` and `openid` where what they ask for came with it.
    scope: String,
    /// Which operations, where that is narrower than its scopes (RFC 9396, section 7).
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Vec<Object>>)]
    authorization_details: Option<Value>,
    /// After an exchange: `urn:ietf:params:oauth:token-type:access_token` (RFC 8693).
    #[serde(skip_serializing_if = "Option::is_none")]
    issued_token_type: Option<&'static str>,
    /// What to renew it with, once; the answer to that has the next one.
    #[serde(skip_serializing_if = "Option::is_none")]
    refresh_token: Option<String>,
    /// Who the person is (`OpenID` Connect Core, section 2), where `openid` was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    id_token: Option<String>,
}

/// The parameters of a token request.
#[derive(Debug, ToSchema)]
#[expect(dead_code, reason = "it describes the form; the form itself is read by hand")]
pub(crate) struct TokenRequest {
    /// `client_credentials`, or another of `grant_types_supported` in the metadata.
    #[schema(example = "client_credentials")]
    grant_type: String,
    /// In an exchange: the token whose authority is asked for (RFC 8693).
    subject_token: Option<String>,
    /// Its type: `urn:ietf:params:oauth:token-type:` and `access_token`, `jwt` or `id_token`.
    subject_token_type: Option<String>,
    /// A token of the client's own. It adds nothing: the client is the actor.
    actor_token: Option<String>,
    /// Its type: `urn:ietf:params:oauth:token-type:access_token`.
    actor_token_type: Option<String>,
    /// `urn:ietf:params:oauth:token-type:access_token`, or `…:jwt`.
    requested_token_type: Option<String>,
    /// With `urn:ietf:params:oauth:grant-type:jwt-bearer`: a trusted issuer's token about a person
    /// (RFC 7523), or an ID-JAG.
    assertion: Option<String>,
    /// Which operations, as JSON, of type `operation` (RFC 9396).
    authorization_details: Option<String>,
    /// The one agent that may exchange the token: its name, id or subject.
    may_act: Option<String>,
    /// With `client_credentials`: the task that the token is for.
    #[schema(example = "tsk_01jd8m3q5r7t9v1x3z5b7d9f1h")]
    task: Option<String>,
    /// Scopes, separated by spaces; the agent's ceiling when left out.
    scope: Option<String>,
    /// Resource identifiers of APIs (RFC 8707); may be repeated. When left out, the APIs that use
    /// one of the scopes.
    resource: Option<Vec<String>>,
    /// Names of APIs, beside or instead of `resource`; may be repeated.
    audience: Option<Vec<String>>,
    /// The agent's id, or the URL of its document; needed only by a client that is public.
    client_id: Option<String>,
    /// The authorization code.
    code: Option<String>,
    /// With a code: where it was sent.
    redirect_uri: Option<String>,
    /// With a code: what its challenge was made of (RFC 7636).
    code_verifier: Option<String>,
    /// The refresh token.
    refresh_token: Option<String>,
    /// With a device code: that (RFC 8628).
    device_code: Option<String>,
    /// With CIBA: the name of the request (CIBA Core 1.0).
    auth_req_id: Option<String>,
    /// With an assertion: `urn:ietf:params:oauth:client-assertion-type:jwt-bearer`, or
    /// `…:jwt-spiffe` for a JWT-SVID.
    client_assertion_type: Option<String>,
    /// When the request is not signed itself: a JWT signed with the agent's key (RFC 7523), a token
    /// of a trusted issuer, or a JWT-SVID.
    client_assertion: Option<String>,
    /// How long the token is to live, 1 to 86400.
    ttl_seconds: Option<u32>,
    /// `key`: the token works only with a signature of the agent's key. `none`: it works alone,
    /// and only at APIs that take bearer tokens.
    token_binding: Option<String>,
}

/// Issue an access token.
///
/// The client is an agent. It proves itself with a signature over this request (RFC 9421), a
/// `client_assertion` or the certificate of the connection (RFC 8705). With a `DPoP` field the
/// token is bound to the key of that proof (RFC 9449).
#[utoipa::path(
    post,
    path = PATH,
    tag = "oauth",
    request_body(content = TokenRequest, content_type = "application/x-www-form-urlencoded"),
    responses(
        (status = 200, description = "A token", body = Token),
        (status = 400, description = "Refused", body = OauthProblem),
        (status = 401, description = "The client is not proven", body = OauthProblem),
    ),
    security(("agent_signature" = []), ("client_assertion" = []))
)]
pub(crate) async fn issue_token(
    State(authority): State<Authority>,
    request: Request,
) -> Result<Response, Refused> {
    let (whole, form) = read_form(request).await?;
    let issued = decide::decide(&authority, whole.received(), &form).await?;
    Ok(answer(issued))
}

/// A request that a client makes with a form, and the form.
pub(crate) async fn read_form(request: Request) -> Result<(Whole, form::Form), Refused> {
    let whole = Whole::from_request(request, &()).await;
    let whole =
        whole.map_err(|_| Refused::InvalidRequest("the body is too large or broken off"))?;
    let form = form::Form::read(read_pairs(&whole).await?)?;
    Ok((whole, form))
}

/// The parameters of a request with a form.
pub(crate) async fn read_pairs(whole: &Whole) -> Result<Vec<(String, String)>, Refused> {
    let mut request = Request::new(whole.body.clone().into());
    *request.method_mut() = whole.head.method.clone();
    *request.headers_mut() = whole.head.headers.clone();
    let pairs = Form::<Vec<(String, String)>>::from_request(request, &()).await;
    let unreadable = "the body is not application/x-www-form-urlencoded";
    let Form(pairs) = pairs.map_err(|_| Refused::InvalidRequest(unreadable))?;
    Ok(pairs)
}

fn answer(issued: Issued) -> Response {
    let scope = scope(&issued);
    let token = Token {
        access_token: issued.token,
        token_type: if issued.is_dpop { "DPoP" } else { "Bearer" },
        expires_in: issued.ttl_seconds,
        scope,
        authorization_details: (!issued.details.is_empty())
            .then(|| details::to_claim(&issued.details)),
        issued_token_type: issued.kind,
        refresh_token: issued.refresh_token.map(|it| it.to_string()),
        id_token: issued.id_token,
    };
    ([(PRAGMA, HeaderValue::from_static("no-cache"))], Json(token)).into_response()
}

/// What was granted of all that was asked for, so that clients which compare the two find the same
/// (RFC 6749, section 5.1). What only says how the consent is meant is not in the token.
fn scope(issued: &Issued) -> String {
    let beside = [
        (extent::OFFLINE, issued.refresh_token.is_some()),
        (extent::OPENID, issued.id_token.is_some()),
    ];
    let beside = beside.into_iter().filter(|(_, came)| *came).map(|(name, _)| name);
    let scopes: Vec<&str> = issued.scopes.iter().map(Scope::as_str).chain(beside).collect();
    scopes.join(" ")
}
