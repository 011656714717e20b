//! What surrounds every page: forms from elsewhere are turned away, refusals become pages, and
//! nobody else may frame, open or keep them.

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::header::{REFERRER_POLICY, X_FRAME_OPTIONS};
use http::{HeaderValue, Method};

use crate::authority::Authority;
use crate::http::error;
use crate::http::request::RequestId;
use crate::pages::refused;
use crate::people::own::is_own;
use crate::refusal::Refusal;

const HEADERS: [(&str, &str); 2] = [
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
];

/// Lets a request on to the pages, and finishes their answer.
pub(crate) async fn surround(
    State(authority): State<Authority>,
    request: Request,
    next: Next,
) -> Response {
    let id = request.extensions().get::<RequestId>().map(|id| id.0.clone()).unwrap_or_default();
    let sends = !matches!(*request.method(), Method::GET | Method::HEAD);
    let answer = if sends && !is_own(&authority, request.headers()) {
        Refusal::CrossSite.into_response()
    } else {
        next.run(request).await
    };
    finish(as_page(&authority, answer, &id))
}

fn as_page(authority: &Authority, mut answer: Response, id: &str) -> Response {
    let Some(refusal) = error::take(&mut answer) else { return answer };
    refused::page(authority, &refusal, id)
        .unwrap_or_else(|fault| Refusal::from(fault).into_response())
}

fn finish(mut answer: Response) -> Response {
    let headers = answer.headers_mut();
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers.insert(X_FRAME_OPTIONS, HeaderValue::from_static("DENY"));
    for (name, value) in HEADERS {
        headers.insert(name, HeaderValue::from_static(value));
    }
    answer
}
