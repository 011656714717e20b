//! `/ssf/streams`: where receivers make and change their streams (SSF 1.0, section 8.1.1).

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use bailiwick_domain::signal::Kind;
use http::StatusCode;
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

use crate::authority::Authority;
use crate::http::error::Problem;
use crate::http::read::{Asked, Whole};
use crate::http::ssf::receiver::{self, Receiver};
use crate::http::ssf::stream_object::{SignalStream, StreamWish};
use crate::refusal::Refusal;
use crate::signals::streams::{self, Asked as Delivery, Wish};

/// Where streams are.
pub(crate) const PATH: &str = "/ssf/streams";

/// Which stream.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct StreamQuery {
    /// Its id.
    stream_id: Option<String>,
}

/// A change of a stream. Members that are not the receiver's to say are passed over.
#[derive(Deserialize, ToSchema)]
pub(crate) struct StreamChange {
    /// Which stream.
    stream_id: String,
    #[serde(flatten)]
    wish: StreamWish,
}

/// Make a stream, as an agent with the scope `signals:receive`.
#[utoipa::path(
    post,
    path = "/ssf/streams",
    tag = "signals",
    request_body = StreamWish,
    responses(
        (status = 201, description = "The stream", body = SignalStream),
        (status = 400, description = "Malformed", body = Problem),
        (status = 401, description = "No receiver", body = Problem),
        (status = 403, description = "The agent lacks the scope", body = Problem),
        (status = 409, description = "There are as many streams as may be", body = Problem),
    ),
    security(("agent_signature" = []))
)]
pub(crate) async fn add_stream(
    State(authority): State<Authority>,
    whole: Whole,
) -> Result<Response, Refusal> {
    let agent = receiver::prove_agent(&authority, whole.received()).await?;
    let wish = whole.json::<StreamWish>()?.read()?;
    let stream = streams::add_for(&authority, &agent, wish).await?;
    let object = SignalStream::new(&authority, stream);
    Ok((StatusCode::CREATED, Json(object)).into_response())
}

/// Show a stream, or all of the receiver's.
#[utoipa::path(
    get,
    path = "/ssf/streams",
    tag = "signals",
    params(StreamQuery),
    responses(
        (status = 200, description = "The stream, or a list", body = SignalStream),
        (status = 401, description = "No receiver", body = Problem),
        (status = 404, description = "No such stream of the receiver's", body = Problem),
    ),
    security(("agent_signature" = []), ("stream_token" = []))
)]
pub(crate) async fn show_streams(
    State(authority): State<Authority>,
    Asked(query): Asked<StreamQuery>,
    whole: Whole,
) -> Result<Response, Refusal> {
    let receiver = Receiver::prove(&authority, whole.received()).await?;
    if let Some(id) = query.stream_id {
        let stream = receiver.stream(&authority, &id).await?;
        return Ok(Json(SignalStream::new(&authority, stream)).into_response());
    }
    let listed = receiver.streams(&authority).await?;
    let objects = listed.into_iter().map(|stream| SignalStream::new(&authority, stream));
    Ok(Json(objects.collect::<Vec<_>>()).into_response())
}

/// Change a stream; what is left out stays as it is.
#[utoipa::path(
    patch,
    path = "/ssf/streams",
    tag = "signals",
    request_body = StreamChange,
    responses(
        (status = 200, description = "The stream as it is now", body = SignalStream),
        (status = 400, description = "Malformed", body = Problem),
        (status = 401, description = "No receiver", body = Problem),
        (status = 404, description = "No such stream of the receiver's", body = Problem),
    ),
    security(("agent_signature" = []), ("stream_token" = []))
)]
pub(crate) async fn change_stream(
    State(authority): State<Authority>,
    whole: Whole,
) -> Result<Json<SignalStream>, Refusal> {
    let receiver = Receiver::prove(&authority, whole.received()).await?;
    let change = whole.json::<StreamChange>()?;
    let stream = receiver.stream(&authority, &change.stream_id).await?;
    let stream = streams::change(&authority, stream.id, change.wish.read()?).await?;
    Ok(Json(SignalStream::new(&authority, stream)))
}

/// Replace a stream; what is left out is as if it had never been said.
#[utoipa::path(
    put,
    path = "/ssf/streams",
    tag = "signals",
    request_body = StreamChange,
    responses(
        (status = 200, description = "The stream as it is now", body = SignalStream),
        (status = 400, description = "Malformed", body = Problem),
        (status = 401, description = "No receiver", body = Problem),
        (status = 404, description = "No such stream of the receiver's", body = Problem),
    ),
    security(("agent_signature" = []), ("stream_token" = []))
)]
pub(crate) async fn replace_stream(
    State(authority): State<Authority>,
    whole: Whole,
) -> Result<Json<SignalStream>, Refusal> {
    let receiver = Receiver::prove(&authority, whole.received()).await?;
    let change = whole.json::<StreamChange>()?;
    let stream = receiver.stream(&authority, &change.stream_id).await?;
    let given = change.wish.read()?;
    let all = || Kind::ALL.map(|kind| kind.uri().to_owned()).to_vec();
    let wish = Wish {
        delivery: Some(given.delivery.unwrap_or(Delivery::Poll)),
        requested: Some(given.requested.unwrap_or_else(all)),
        description: Some(given.description.unwrap_or_default()),
    };
    let stream = streams::change(&authority, stream.id, wish).await?;
    Ok(Json(SignalStream::new(&authority, stream)))
}

/// Remove a stream, and what was still to be sent.
#[utoipa::path(
    delete,
    path = "/ssf/streams",
    tag = "signals",
    params(StreamQuery),
    responses(
        (status = 204, description = "Removed"),
        (status = 401, description = "No receiver", body = Problem),
        (status = 404, description = "No such stream of the receiver's", body = Problem),
    ),
    security(("agent_signature" = []), ("stream_token" = []))
)]
pub(crate) async fn remove_stream(
    State(authority): State<Authority>,
    Asked(query): Asked<StreamQuery>,
    whole: Whole,
) -> Result<StatusCode, Refusal> {
    let receiver = Receiver::prove(&authority, whole.received()).await?;
    let id = query.stream_id.unwrap_or_default();
    let stream = receiver.stream(&authority, &id).await?;
    streams::remove(&authority, stream.id).await?;
    Ok(StatusCode::NO_CONTENT)
}
