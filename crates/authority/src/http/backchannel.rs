//! `POST /oauth/bc-authorize`: a client asks a person whom it names (CIBA Core 1.0).

use axum::Json;
use axum::extract::{Request, State};
use serde::Serialize;
use utoipa::ToSchema;

use crate::authority::Authority;
use crate::http::asking::{self, AskRefused};
use crate::http::error::OauthProblem;
use crate::http::peer::Peer;
use crate::petitions::asked::INTERVAL_SECONDS;
use crate::petitions::backchannel;

/// Where the endpoint is.
pub(crate) const PATH: &str = "/oauth/bc-authorize";

/// A request that was taken (CIBA Core 1.0, section 7.3).
#[derive(Serialize, ToSchema)]
pub(crate) struct BackchannelAuthentication {
    /// What the client asks the token endpoint with.
    auth_req_id: String,
    /// How long that is good, in seconds.
    expires_in: u32,
    /// How long the client waits between its requests, in seconds.
    interval: u32,
}

/// What a client asks of a person.
#[derive(Debug, ToSchema)]
#[expect(dead_code, reason = "it describes the form; the form itself is read by hand")]
pub(crate) struct BackchannelRequest {
    /// Whom: the `sub` of tokens that act for the person (`psn_…`), or an address that is theirs
    /// alone.
    login_hint: String,
    /// What the person reads beside the question: a plain line of at most 200 bytes.
    binding_message: Option<String>,
    /// How long the person is to have, in seconds; at most 1800.
    requested_expiry: Option<u32>,
    /// Of a client in ping mode: what it is notified with, as `Authorization: Bearer`.
    client_notification_token: Option<String>,
    /// Scopes, separated by spaces; `openid` for an ID token, `offline_access` for a consent that
    /// outlasts the sign-in.
    scope: Option<String>,
    /// Resource identifiers of APIs (RFC 8707); may be repeated.
    resource: Option<Vec<String>>,
    /// Operations, as JSON (RFC 9396), of type `operation`.
    authorization_details: Option<String>,
}

/// Ask a person who is elsewhere.
///
/// The client authenticates as at the token endpoint. Whether there is such a person is not told.
#[utoipa::path(
    post,
    path = PATH,
    tag = "oauth",
    request_body(
        content = BackchannelRequest, content_type = "application/x-www-form-urlencoded"
    ),
    responses(
        (status = 200, description = "Taken", body = BackchannelAuthentication),
        (status = 400, description = "Refused", body = OauthProblem),
        (status = 401, description = "The client is not proven", body = OauthProblem),
    ),
    security(("agent_signature" = []), ("client_assertion" = []))
)]
pub(crate) async fn ask_person(
    State(authority): State<Authority>,
    Peer(address): Peer,
    request: Request,
) -> Result<Json<BackchannelAuthentication>, AskRefused> {
    let asking = asking::read(&authority, address, request).await?;
    let begun = backchannel::begin(&authority, &asking.requester, &asking.parameters).await?;
    Ok(Json(BackchannelAuthentication {
        auth_req_id: begun.auth_req_id.to_string(),
        expires_in: begun.expires_in,
        interval: INTERVAL_SECONDS,
    }))
}
