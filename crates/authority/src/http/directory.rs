//! `GET /.well-known/http-message-signatures-directory`: this authority's own keys, as Web Bot Auth
//! looks for them (draft-meunier-webbotauth-httpsig-protocol).

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::HeaderValue;
use http::header::{CACHE_CONTROL, CONTENT_TYPE};

use crate::authority::Authority;

/// The authority's own signing keys; each `kid` is the key's thumbprint (RFC 7638).
#[utoipa::path(
    get,
    path = "/.well-known/http-message-signatures-directory",
    tag = "oauth",
    responses(
        (
            status = 200,
            description = "A JWK set",
            content_type = "application/http-message-signatures-directory+json"
        ),
    ),
    security(())
)]
pub(crate) async fn list_directory(State(authority): State<Authority>) -> Response {
    let media_type = "application/http-message-signatures-directory+json";
    let headers = [
        (CONTENT_TYPE, HeaderValue::from_static(media_type)),
        (CACHE_CONTROL, HeaderValue::from_static("public, max-age=60")),
    ];
    (headers, authority.keys.jwks()).into_response()
}
