//! `POST /ssf/poll/{stream_id}`: a receiver asks for its signals (RFC 8936).

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::{Path, State};
use bailiwick_domain::signal::{SignalId, StreamId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::authority::Authority;
use crate::http::error::Problem;
use crate::http::read::Whole;
use crate::http::ssf::receiver::Receiver;
use crate::refusal::Refusal;
use crate::signals::poll::{self, Asked, MOST};

/// How much is kept of what a receiver says is wrong.
const SAID: usize = 200;
/// The most identifiers in one request.
const NAMED: usize = 1_000;

/// What a receiver asks (RFC 8936, section 2.2).
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct PollRequest {
    /// How many signals it takes; 0 for one that only acknowledges.
    max_events: Option<u32>,
    /// Whether it wants an answer at once, also an empty one; else an empty one comes after 30 s.
    return_immediately: bool,
    /// The signals that it has, by their `jti`.
    ack: Vec<String>,
    /// The signals that it cannot take, by their `jti`.
    set_errs: BTreeMap<String, PollError>,
}

/// Why a signal cannot be taken (RFC 8935, section 2.4).
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub(crate) struct PollError {
    /// The code.
    err: String,
    /// What was wrong.
    #[serde(default)]
    description: String,
}

/// What it is answered (RFC 8936, section 2.3).
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PollAnswer {
    /// The security event tokens, by their `jti`.
    sets: BTreeMap<String, String>,
    /// Whether there are more.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    more_available: bool,
}

/// Where a stream's signals are asked for.
pub(crate) fn url(authority: &Authority, id: StreamId) -> String {
    format!("{}/ssf/poll/{id}", authority.settings.issuer)
}

/// Ask for signals, and acknowledge those that came before. What is not acknowledged comes again.
#[utoipa::path(
    post,
    path = "/ssf/poll/{stream_id}",
    tag = "signals",
    params(("stream_id" = String, Path, description = "The stream")),
    request_body = PollRequest,
    responses(
        (status = 200, description = "Signals, if there are any", body = PollAnswer),
        (status = 400, description = "Malformed", body = Problem),
        (status = 401, description = "No receiver", body = Problem),
        (status = 404, description = "No such stream of the receiver's", body = Problem),
    ),
    security(("agent_signature" = []), ("stream_token" = []))
)]
pub(crate) async fn poll_stream(
    State(authority): State<Authority>,
    Path(id): Path<String>,
    whole: Whole,
) -> Result<Json<PollAnswer>, Refusal> {
    let receiver = Receiver::prove(&authority, whole.received()).await?;
    let asked = read(&whole.json()?)?;
    let stream = receiver.stream(&authority, &id).await?;
    let polled = poll::answer(&authority, &stream, asked).await?;
    let sets = polled.tokens.into_iter().map(|(id, token)| (id.to_string(), token));
    Ok(Json(PollAnswer { sets: sets.collect(), more_available: polled.more }))
}

/// Names of signals that nobody has are passed over: they were acknowledged before.
fn read(asked: &PollRequest) -> Result<Asked, Refusal> {
    if asked.ack.len() > NAMED || asked.set_errs.len() > NAMED {
        return Err(Refusal::Malformed("`ack` and `setErrs` name at most 1000".to_owned()));
    }
    let id = |text: &String| text.parse::<SignalId>().ok();
    let said = |error: &PollError| {
        let text = format!("{}: {}", error.err, error.description);
        text.chars().filter(|it| !it.is_control()).take(SAID).collect::<String>()
    };
    Ok(Asked {
        most: asked.max_events.unwrap_or(MOST).min(MOST),
        immediately: asked.return_immediately,
        taken: asked.ack.iter().filter_map(id).collect(),
        refused: asked
            .set_errs
            .iter()
            .filter_map(|(text, error)| Some((id(text)?, said(error))))
            .collect(),
    })
}
