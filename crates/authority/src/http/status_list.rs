//! `GET /status-lists/{number}`: which tokens have ended before their time.

use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use http::HeaderValue;
use http::header::{CACHE_CONTROL, CONTENT_TYPE};

use crate::authority::Authority;
use crate::http::error::Problem;
use crate::refusal::Refusal;
use crate::status::{CACHE, Publisher};

/// A status list (draft-ietf-oauth-status-list, section 8.1).
///
/// The `status.status_list` claim of an access token names its list (`uri`) and its place in it
/// (`idx`). A 1 there means that the token is not to be accepted.
#[utoipa::path(
    get,
    path = "/status-lists/{number}",
    tag = "oauth",
    params(("number" = String, Path, description = "The list's number")),
    responses(
        (status = 200, description = "The list", content_type = "application/statuslist+jwt"),
        (status = 404, description = "There is no such list", body = Problem),
    ),
    security(())
)]
pub(crate) async fn show_status_list(
    State(authority): State<Authority>,
    Path(number): Path<String>,
) -> Result<Response, Refusal> {
    let absent = Refusal::NotFound("status list");
    let Ok(list) = number.parse() else { return Err(absent) };
    let signing = authority.signing().await?;
    let publisher = Publisher {
        issuer: &authority.settings.issuer,
        store: &authority.store,
        key: &signing.key,
        now: authority.now(),
    };
    let token = authority.statuses().find(list, publisher).await?.ok_or(absent)?;
    let headers = [
        (CONTENT_TYPE, HeaderValue::from_static("application/statuslist+jwt")),
        (CACHE_CONTROL, HeaderValue::from_static(CACHE)),
    ];
    Ok((headers, token).into_response())
}
