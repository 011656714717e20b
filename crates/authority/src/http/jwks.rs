//! `GET /.well-known/jwks.json`: the keys that access tokens verify with (RFC 7517, section 5).

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::HeaderValue;
use http::header::{CACHE_CONTROL, CONTENT_TYPE};

use crate::authority::Authority;

/// The keys that access tokens verify with.
#[utoipa::path(
    get,
    path = "/.well-known/jwks.json",
    tag = "oauth",
    responses(
        (status = 200, description = "A JWK set", content_type = "application/jwk-set+json"),
    ),
    security(())
)]
pub(crate) async fn list_signing_keys(State(authority): State<Authority>) -> Response {
    let headers = [
        (CONTENT_TYPE, HeaderValue::from_static("application/jwk-set+json")),
        (CACHE_CONTROL, HeaderValue::from_static("public, max-age=60")),
    ];
    (headers, authority.keys.jwks()).into_response()
}
