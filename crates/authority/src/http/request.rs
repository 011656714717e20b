//! What surrounds every endpoint: the request's id, its line in the log, and the last touch on its
//! answer.

use axum::extract::{MatchedPath, Request, State};
use axum::middleware::Next;
use axum::response::Response;
use bailiwick_domain::id::{Id, Named};
use http::HeaderValue;
use http::header::{CACHE_CONTROL, X_CONTENT_TYPE_OPTIONS};
use tracing::Instrument;

use crate::authority::Authority;
use crate::http::error::{self, Code};

/// Names a request to the authority, in its answer and in the log.
enum OfRequest {}

impl Named for OfRequest {
    const PREFIX: &'static str = "req_";
}

/// The id of a request, for whoever answers it with a page.
#[derive(Debug, Clone)]
pub(crate) struct RequestId(pub(crate) String);

/// Gives the request an id, runs it, renders its refusal if it has one, and logs one line.
pub(crate) async fn surround(
    State(authority): State<Authority>,
    mut request: Request,
    next: Next,
) -> Response {
    let started = authority.now();
    let id = Id::<OfRequest>::fresh(started, &authority.entropy).to_string();
    let span = tracing::info_span!("request", request_id = %id);
    request.extensions_mut().insert(RequestId(id.clone()));
    let method = request.method().clone();
    let endpoint = request.extensions().get::<MatchedPath>().cloned();
    let answer = next.run(request).instrument(span.clone()).await;
    let answer = finish(error::render(answer, &id), &id);
    tracing::info!(
        parent: &span,
        %method,
        endpoint = endpoint.as_ref().map_or("", MatchedPath::as_str),
        status = answer.status().as_u16(),
        code = answer.extensions().get::<Code>().map_or("", |code| code.0),
        duration_ms = authority.now().millis_since(started),
        "answered"
    );
    answer
}

fn finish(mut answer: Response, id: &str) -> Response {
    let headers = answer.headers_mut();
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.entry(CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    if let Ok(id) = HeaderValue::from_str(id) {
        headers.insert("x-request-id", id);
    }
    answer
}
