//! `POST /ssf/verify`: a receiver asks for a sign of life down its stream (SSF 1.0, section 8.1.4).

use axum::extract::State;
use http::StatusCode;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::authority::Authority;
use crate::http::error::Problem;
use crate::http::read::Whole;
use crate::http::ssf::receiver::Receiver;
use crate::refusal::Refusal;
use crate::signals::streams;

/// Where it is asked for.
pub(crate) const PATH: &str = "/ssf/verify";

/// What is asked.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct Verification {
    /// Which stream.
    stream_id: String,
    /// What the signal is to repeat.
    state: Option<String>,
}

/// Ask for a sign of life, which comes as any other signal.
#[utoipa::path(
    post,
    path = "/ssf/verify",
    tag = "signals",
    request_body = Verification,
    responses(
        (status = 204, description = "On its way"),
        (status = 400, description = "Malformed", body = Problem),
        (status = 401, description = "No receiver", body = Problem),
        (status = 404, description = "No such stream of the receiver's", body = Problem),
        (status = 429, description = "The last one was asked for just now", body = Problem),
    ),
    security(("agent_signature" = []), ("stream_token" = []))
)]
pub(crate) async fn verify_stream(
    State(authority): State<Authority>,
    whole: Whole,
) -> Result<StatusCode, Refusal> {
    let receiver = Receiver::prove(&authority, whole.received()).await?;
    let asked = whole.json::<Verification>()?;
    let stream = receiver.stream(&authority, &asked.stream_id).await?;
    streams::verify(&authority, stream.id, asked.state).await?;
    Ok(StatusCode::NO_CONTENT)
}
