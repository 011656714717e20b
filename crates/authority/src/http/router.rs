//! The endpoints, and what stands in front of them.

use axum::middleware::from_fn_with_state;
use axum::{Extension, Router};

use crate::admin::operator;
use crate::authority::Authority;
use crate::http::interface::Interface;
use crate::http::openapi::openapi;
use crate::http::{endpoints, request};
use crate::pages::routes;
use crate::refusal::Refusal;

/// The authority's whole HTTP interface.
pub fn router(authority: Authority) -> Router {
    let (open, _) = endpoints::open().split_for_parts();
    let (administration, _) = endpoints::administration().split_for_parts();
    let check = from_fn_with_state(authority.clone(), operator::check);
    open.merge(administration.route_layer(check))
        .merge(routes::routes(&authority))
        .fallback(async || Refusal::NotFound("path"))
        .method_not_allowed_fallback(async || Refusal::MethodUnknown)
        .layer(Extension(Interface(openapi().into())))
        .layer(from_fn_with_state(authority.clone(), request::surround))
        .with_state(authority)
}
