//! `/api/v1/signal-streams`: who is told when a credential or a sign-in ends.

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use bailiwick_domain::signal::Stream;
use http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::authority::Authority;
use crate::http::error::Problem;
use crate::http::read::{Given, Named};
use crate::http::ssf::stream_object::{SignalStream, StreamWish};
use crate::refusal::Refusal;
use crate::signals::streams;

/// A stream to make.
#[derive(Deserialize, ToSchema)]
pub(crate) struct NewStream {
    /// Whom its tokens are for: their `aud`.
    audience: String,
    #[serde(flatten)]
    wish: StreamWish,
}

/// A stream that was just made.
#[derive(Serialize, ToSchema)]
pub(crate) struct StreamAdded {
    #[serde(flatten)]
    stream: StreamObject,
    /// What its receiver is known by (RFC 6750). It is shown here and never again.
    token: String,
}

/// A stream, and how it goes.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct StreamObject {
    #[serde(flatten)]
    stream: SignalStream,
    /// The agent that made it; an operator did, without.
    #[serde(skip_serializing_if = "Option::is_none")]
    agent: Option<String>,
    /// `enabled`, `paused` or `disabled`.
    status: &'static str,
    /// Why.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    /// How often in a row its receiver could not be reached, or did not acknowledge.
    failures: u32,
    /// How many signals its receiver said it cannot take.
    refused: u32,
    /// What went wrong last.
    #[serde(skip_serializing_if = "Option::is_none")]
    last_error: Option<String>,
    /// When it was made.
    #[schema(format = DateTime)]
    created_at: String,
}

/// The streams.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct StreamList {
    /// All of them, oldest first.
    signal_streams: Vec<StreamObject>,
}

impl StreamObject {
    fn new(authority: &Authority, stream: Stream) -> Self {
        Self {
            agent: stream.agent.map(|agent| agent.to_string()),
            status: stream.flow.as_str(),
            reason: stream.reason.clone(),
            failures: stream.progress.failures,
            refused: stream.progress.refused,
            last_error: stream.progress.last_error.clone(),
            created_at: stream.created_at.to_string(),
            stream: SignalStream::new(authority, stream),
        }
    }
}

/// Tell somebody from now on.
#[utoipa::path(
    post,
    path = "/api/v1/signal-streams",
    tag = "signals",
    request_body = NewStream,
    responses(
        (status = 201, description = "Made, with its receiver's token", body = StreamAdded),
        (status = 400, description = "Malformed", body = Problem),
        (status = 401, description = "No operator", body = Problem),
        (status = 409, description = "There are as many streams as may be", body = Problem),
    ),
    security(("operator" = []))
)]
pub(crate) async fn add_signal_stream(
    State(authority): State<Authority>,
    Given(new): Given<NewStream>,
) -> Result<Response, Refusal> {
    let (stream, token) = streams::add(&authority, new.audience, new.wish.read()?).await?;
    let stream = StreamObject::new(&authority, stream);
    let added = StreamAdded { stream, token: token.to_string() };
    Ok((StatusCode::CREATED, Json(added)).into_response())
}

/// List who is told.
#[utoipa::path(
    get,
    path = "/api/v1/signal-streams",
    tag = "signals",
    responses(
        (status = 200, description = "All of them", body = StreamList),
        (status = 401, description = "No operator", body = Problem),
    ),
    security(("operator" = []))
)]
pub(crate) async fn list_signal_streams(
    State(authority): State<Authority>,
) -> Result<Json<StreamList>, Refusal> {
    let listed = authority.store.read().await?.signal_streams().list().await?;
    let objects = listed.into_iter().map(|stream| StreamObject::new(&authority, stream));
    Ok(Json(StreamList { signal_streams: objects.collect() }))
}

/// Tell somebody no more; what was still to be sent is forgotten.
#[utoipa::path(
    delete,
    path = "/api/v1/signal-streams/{id}",
    tag = "signals",
    params(("id" = String, Path, description = "Its id")),
    responses(
        (status = 200, description = "The stream as it was", body = StreamObject),
        (status = 401, description = "No operator", body = Problem),
        (status = 404, description = "No such stream", body = Problem),
    ),
    security(("operator" = []))
)]
pub(crate) async fn remove_signal_stream(
    State(authority): State<Authority>,
    Named(id): Named,
) -> Result<Json<StreamObject>, Refusal> {
    let id = id.parse().map_err(|_| Refusal::NotFound("stream"))?;
    let stream = streams::remove(&authority, id).await?;
    Ok(Json(StreamObject::new(&authority, stream)))
}
