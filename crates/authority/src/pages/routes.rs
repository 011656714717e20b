//! Every page, in one place.

use axum::Router;
use axum::middleware::from_fn_with_state;
use axum::routing::{get, post};

use crate::authority::Authority;
use crate::pages::surround::surround;
use crate::pages::{assets, sign_in, sign_in_with, sign_out};

/// The pages, and what surrounds each.
pub(crate) fn routes(authority: &Authority) -> Router<Authority> {
    Router::new()
        .route("/sign-in", get(sign_in::show_sign_in))
        .route("/sign-in/with/{way}", get(sign_in_with::begin))
        .route("/sign-in/with/{way}/callback", get(sign_in_with::end))
        .route("/sign-out", post(sign_out::sign_out))
        .route("/assets/{name}", get(assets::show_asset))
        .route_layer(from_fn_with_state(authority.clone(), surround))
}
