//! `GET /api/openapi.json`: the interface, described.

use std::sync::Arc;

use axum::Extension;
use axum::response::{IntoResponse, Response};
use http::HeaderValue;
use http::header::CONTENT_TYPE;

/// The description, as text.
#[derive(Debug, Clone)]
pub(crate) struct Interface(pub(crate) Arc<str>);

/// This description.
#[utoipa::path(
    get,
    path = "/api/openapi.json",
    tag = "interface",
    responses((status = 200, description = "OpenAPI 3.1", content_type = "application/json")),
    security(())
)]
pub(crate) async fn describe_interface(
    Extension(Interface(text)): Extension<Interface>,
) -> Response {
    let json = HeaderValue::from_static("application/json");
    ([(CONTENT_TYPE, json)], text.to_string()).into_response()
}
