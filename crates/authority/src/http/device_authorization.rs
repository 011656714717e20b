//! `POST /oauth/device_authorization`: a device asks for a code to show (RFC 8628).

use axum::Json;
use axum::extract::{Request, State};
use serde::Serialize;
use utoipa::ToSchema;

use crate::authority::Authority;
use crate::http::asking::{self, AskRefused};
use crate::http::error::OauthProblem;
use crate::http::peer::Peer;
use crate::petitions::asked::INTERVAL_SECONDS;
use crate::petitions::device;

/// Where the endpoint is.
pub(crate) const PATH: &str = "/oauth/device_authorization";
/// Where a person enters the code.
pub(crate) const PAGE: &str = "/device";

/// A device authorization response (RFC 8628, section 3.2).
#[derive(Serialize, ToSchema)]
pub(crate) struct DeviceAuthorization {
    /// What the device asks the token endpoint with.
    device_code: String,
    /// What it shows.
    #[schema(example = "WDJB-MJHT")]
    user_code: String,
    /// Where the person enters that.
    verification_uri: String,
    /// The same with the code in it, for a QR code.
    verification_uri_complete: String,
    /// How long both are good, in seconds.
    expires_in: u32,
    /// How long the device waits between its requests, in seconds.
    interval: u32,
}

/// What a device asks for.
#[derive(Debug, ToSchema)]
#[expect(dead_code, reason = "it describes the form; the form itself is read by hand")]
pub(crate) struct DeviceAuthorizationRequest {
    /// The agent's id, or the URL of its document; needed only by a client that is public.
    client_id: Option<String>,
    /// Scopes, separated by spaces; `offline_access` for a consent that outlasts the sign-in.
    scope: Option<String>,
    /// Resource identifiers of APIs (RFC 8707); may be repeated.
    resource: Option<Vec<String>>,
    /// Operations, as JSON (RFC 9396), of type `operation`.
    authorization_details: Option<String>,
}

/// Ask a person by a code that a device shows.
///
/// The client authenticates as at the token endpoint; one that is public by its `client_id`.
#[utoipa::path(
    post,
    path = PATH,
    tag = "oauth",
    request_body(
        content = DeviceAuthorizationRequest, content_type = "application/x-www-form-urlencoded"
    ),
    responses(
        (status = 200, description = "A code", body = DeviceAuthorization),
        (status = 400, description = "Refused", body = OauthProblem),
        (status = 401, description = "The client is not proven", body = OauthProblem),
    ),
    security((), ("agent_signature" = []), ("client_assertion" = []))
)]
pub(crate) async fn authorize_device(
    State(authority): State<Authority>,
    Peer(address): Peer,
    request: Request,
) -> Result<Json<DeviceAuthorization>, AskRefused> {
    let asking = asking::read(&authority, address, request).await?;
    let begun = device::begin(&authority, &asking.requester, &asking.parameters).await?;
    let page = format!("{}{PAGE}", authority.settings.issuer);
    Ok(Json(DeviceAuthorization {
        device_code: begun.device_code.to_string(),
        verification_uri_complete: format!("{page}?user_code={}", begun.user_code),
        user_code: begun.user_code,
        verification_uri: page,
        expires_in: device::SECONDS,
        interval: INTERVAL_SECONDS,
    }))
}
