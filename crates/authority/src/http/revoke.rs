//! `POST /oauth/revoke` (RFC 7009): this token is not needed any more.

use axum::extract::{Request, State};
use http::StatusCode;
use utoipa::ToSchema;

use crate::authority::Authority;
use crate::http::error::OauthProblem;
use crate::http::token;
use crate::issue::refused::Refused;
use crate::issue::revoke;

/// Where the endpoint is.
pub(crate) const PATH: &str = "/oauth/revoke";

/// What is taken back.
#[derive(Debug, ToSchema)]
#[expect(dead_code, reason = "it describes the form; the form itself is read by hand")]
pub(crate) struct RevocationRequest {
    /// The token.
    token: String,
    /// Not needed.
    token_type_hint: Option<String>,
    /// As at the token endpoint.
    client_assertion_type: Option<String>,
    /// As at the token endpoint.
    client_assertion: Option<String>,
}

/// Take a token back.
///
/// The client proves itself as at the token endpoint, and takes back tokens of its own. What was
/// exchanged from the token ends with it. An unknown token is good for nothing already: 200.
#[utoipa::path(
    post,
    path = PATH,
    tag = "oauth",
    request_body(
        content = RevocationRequest,
        content_type = "application/x-www-form-urlencoded"
    ),
    responses(
        (status = 200, description = "It is good for nothing from the next request on"),
        (status = 400, description = "Another client's, or malformed", body = OauthProblem),
        (status = 401, description = "The client is not proven", body = OauthProblem),
    ),
    security(("agent_signature" = []), ("client_assertion" = []))
)]
pub(crate) async fn revoke_token(
    State(authority): State<Authority>,
    request: Request,
) -> Result<StatusCode, Refused> {
    let (whole, form) = token::read_form(request).await?;
    revoke::revoke(&authority, whole.received(), &form).await?;
    Ok(StatusCode::OK)
}
