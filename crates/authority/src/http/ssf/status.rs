//! `/ssf/status`: where receivers hold their signals back (SSF 1.0, section 8.1.2).

use axum::Json;
use axum::extract::State;
use bailiwick_domain::signal::Stream;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::authority::Authority;
use crate::http::error::Problem;
use crate::http::read::{Asked, Whole};
use crate::http::ssf::receiver::Receiver;
use crate::refusal::Refusal;
use crate::signals::streams;
use crate::text;

/// Where the status is.
pub(crate) const PATH: &str = "/ssf/status";

/// Whether signals flow.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub(crate) struct StreamStatus {
    /// Which stream.
    stream_id: String,
    /// `enabled`; `paused`, kept meanwhile; or `disabled`, not even kept.
    status: String,
    /// Why.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
}

/// Which stream.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct StatusQuery {
    /// Its id.
    #[param(required)]
    stream_id: Option<String>,
}

impl From<Stream> for StreamStatus {
    fn from(stream: Stream) -> Self {
        Self {
            stream_id: stream.id.to_string(),
            status: stream.flow.as_str().to_owned(),
            reason: stream.reason,
        }
    }
}

/// Show whether signals flow.
#[utoipa::path(
    get,
    path = "/ssf/status",
    tag = "signals",
    params(StatusQuery),
    responses(
        (status = 200, description = "The status", body = StreamStatus),
        (status = 401, description = "No receiver", body = Problem),
        (status = 404, description = "No such stream of the receiver's", body = Problem),
    ),
    security(("agent_signature" = []), ("stream_token" = []))
)]
pub(crate) async fn show_status(
    State(authority): State<Authority>,
    Asked(query): Asked<StatusQuery>,
    whole: Whole,
) -> Result<Json<StreamStatus>, Refusal> {
    let receiver = Receiver::prove(&authority, whole.received()).await?;
    let id = query.stream_id.unwrap_or_default();
    Ok(Json(receiver.stream(&authority, &id).await?.into()))
}

/// Let signals flow, hold them back, or end them.
#[utoipa::path(
    post,
    path = "/ssf/status",
    tag = "signals",
    request_body = StreamStatus,
    responses(
        (status = 200, description = "The status as it is now", body = StreamStatus),
        (status = 400, description = "Malformed", body = Problem),
        (status = 401, description = "No receiver", body = Problem),
        (status = 404, description = "No such stream of the receiver's", body = Problem),
    ),
    security(("agent_signature" = []), ("stream_token" = []))
)]
pub(crate) async fn change_status(
    State(authority): State<Authority>,
    whole: Whole,
) -> Result<Json<StreamStatus>, Refusal> {
    let receiver = Receiver::prove(&authority, whole.received()).await?;
    let asked = whole.json::<StreamStatus>()?;
    let stream = receiver.stream(&authority, &asked.stream_id).await?;
    let flow = text::read("status", &asked.status)?;
    Ok(Json(streams::set_flow(&authority, stream.id, flow, asked.reason).await?.into()))
}
