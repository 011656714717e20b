//! `POST /ssf/events`: signals of others come in (RFC 8935).

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use bailiwick_proof::jwt::NotAnEvent;
use http::StatusCode;
use http::header::CONTENT_TYPE;
use serde::Serialize;
use utoipa::ToSchema;

use crate::authority::Authority;
use crate::http::error::{Code, Problem};
use crate::http::read::Whole;
use crate::refusal::Refusal;
use crate::signals::receive::{self, Untaken};

/// Why a token is not taken (RFC 8935, section 2.3).
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SignalError {
    /// The code (section 2.4 there).
    err: &'static str,
    /// What was wrong.
    description: String,
}

/// Take in a security event token of a configured source. Whom it reaches is not told.
#[utoipa::path(
    post,
    path = "/ssf/events",
    tag = "signals",
    request_body(content = String, content_type = "application/secevent+jwt"),
    responses(
        (status = 202, description = "Taken"),
        (status = 400, description = "Not taken: `err` and `description`", body = SignalError),
        (status = 503, description = "The source's keys cannot be had: send again", body = Problem),
    ),
    security(())
)]
pub(crate) async fn take_event(
    State(authority): State<Authority>,
    whole: Whole,
) -> Result<Response, Refusal> {
    let declared = whole.head.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let essence = declared.and_then(|text| text.split(';').next()).map(str::trim);
    if !essence.is_some_and(|it| it.eq_ignore_ascii_case("application/secevent+jwt")) {
        let text = "the body is not declared as application/secevent+jwt";
        return Ok(refuse(NotAnEvent::Malformed(text)));
    }
    match receive::take(&authority, &whole.body).await {
        Ok(()) => Ok(StatusCode::ACCEPTED.into_response()),
        Err(Untaken::Refused(refused)) => Ok(refuse(refused)),
        Err(Untaken::Unavailable) => Err(Refusal::Unavailable),
        Err(Untaken::Faulted(fault)) => Err(fault.into()),
    }
}

fn refuse(refused: NotAnEvent) -> Response {
    let err = match refused {
        NotAnEvent::Malformed(_) => "invalid_request",
        NotAnEvent::Audience => "invalid_audience",
        NotAnEvent::Issuer => "invalid_issuer",
        NotAnEvent::Key(_) => "invalid_key",
        NotAnEvent::Unauthentic => "authentication_failed",
    };
    let body = SignalError { err, description: refused.to_string() };
    let mut response = (StatusCode::BAD_REQUEST, Json(body)).into_response();
    response.extensions_mut().insert(Code(err));
    response
}
