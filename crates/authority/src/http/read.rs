//! Reading requests: bounded in size and time, strict, and refused with this product's own words.

use std::time::Duration;

use axum::body::{Bytes, to_bytes};
use axum::extract::{FromRequest, FromRequestParts, Path, Query, Request};
use bailiwick_domain::denial::Denial;
use http::HeaderMap;
use http::header::CONTENT_TYPE;
use http::request::Parts;
use http_body_util::LengthLimitError;
use serde::de::DeserializeOwned;

use crate::prove::Received;
use crate::refusal::Refusal;

/// The largest body taken.
const BODY_BYTES: u32 = 65_535;
/// The largest body that is a document: as it is, and twice that for what JSON adds.
const DOCUMENT_BYTES: u32 = 40 * 1024 * 1024;
/// The longest that a body may take to arrive.
const BODY_TIME: Duration = Duration::from_secs(10);
/// The most that a refusal repeats of what a parser found wrong.
const COMPLAINT: usize = 200;

/// The whole request: head and body.
pub(crate) struct Whole {
    /// Method, target and fields, as they arrived.
    pub(crate) head: Parts,
    /// The body, complete.
    pub(crate) body: Bytes,
}

/// A JSON body.
pub(crate) struct Given<T>(pub(crate) T);

/// A JSON body with a document in it.
pub(crate) struct Long<T>(pub(crate) T);

/// The query.
pub(crate) struct Asked<T>(pub(crate) T);

/// The one parameter of the path.
pub(crate) struct Named(pub(crate) String);

impl Whole {
    /// The request as a proof reads it.
    pub(crate) fn received(&self) -> Received<'_> {
        Received { head: &self.head, body: &self.body }
    }

    /// The JSON that the body is.
    pub(crate) fn json<T: DeserializeOwned>(&self) -> Result<T, Refusal> {
        if !is_json(&self.head.headers) {
            let text = "the body is not declared as application/json";
            return Err(Refusal::Malformed(text.to_owned()));
        }
        serde_json::from_slice(&self.body).map_err(|error| malformed("the body", &error))
    }
}

impl<S: Send + Sync> FromRequest<S> for Whole {
    type Rejection = Refusal;

    async fn from_request(request: Request, _: &S) -> Result<Self, Refusal> {
        Self::read(request, BODY_BYTES).await
    }
}

impl Whole {
    async fn read(request: Request, limit_bytes: u32) -> Result<Self, Refusal> {
        let (head, body) = request.into_parts();
        let whole = to_bytes(body, usize::try_from(limit_bytes).unwrap_or(usize::MAX));
        match tokio::time::timeout(BODY_TIME, whole).await {
            Ok(Ok(body)) => Ok(Self { head, body }),
            Ok(Err(error)) => Err(incomplete(error, limit_bytes)),
            Err(_) => Err(Refusal::Malformed("the body took longer than 10 s".to_owned())),
        }
    }
}

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Long<T> {
    type Rejection = Refusal;

    async fn from_request(request: Request, _: &S) -> Result<Self, Refusal> {
        Whole::read(request, DOCUMENT_BYTES).await?.json().map(Self)
    }
}

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Given<T> {
    type Rejection = Refusal;

    async fn from_request(request: Request, state: &S) -> Result<Self, Refusal> {
        Whole::from_request(request, state).await?.json().map(Self)
    }
}

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Asked<T> {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Refusal> {
        let Query(asked) =
            Query::try_from_uri(&parts.uri).map_err(|error| malformed("the query", &error))?;
        Ok(Self(asked))
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Named {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Refusal> {
        let path = Path::<String>::from_request_parts(parts, state).await;
        path.map(|Path(name)| Self(name)).map_err(|error| malformed("the path", &error))
    }
}

fn incomplete(error: axum::Error, limit_bytes: u32) -> Refusal {
    if error.into_inner().is::<LengthLimitError>() {
        Denial::BodyTooLarge { limit_bytes: limit_bytes.into() }.into()
    } else {
        Refusal::Malformed("the body breaks off".to_owned())
    }
}

fn is_json(headers: &HeaderMap) -> bool {
    let declared = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let essence = declared.and_then(|text| text.split(';').next()).map(str::trim);
    essence.is_some_and(|text| text.eq_ignore_ascii_case("application/json"))
}

fn malformed(what: &str, error: &dyn std::error::Error) -> Refusal {
    let mut complaint = error.to_string();
    if let Some(source) = error.source() {
        complaint = source.to_string();
    }
    let complaint: String = complaint.chars().take(COMPLAINT).collect();
    Refusal::Malformed(format!("{what} cannot be read: {complaint}"))
}
