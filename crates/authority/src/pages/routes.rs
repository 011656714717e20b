//! Every page, in one place.

use axum::Router;
use axum::middleware::from_fn_with_state;
use axum::routing::{get, post};

use crate::authority::Authority;
use crate::pages::surround::surround;
use crate::pages::{
    approval, approvals, assets, authorize, device, grants, me, requests, sign_in, sign_in_passkey,
    sign_in_with, sign_out, welcome,
};

/// The pages, and what surrounds each.
pub(crate) fn routes(authority: &Authority) -> Router<Authority> {
    Router::new()
        .route("/sign-in", get(sign_in::show_sign_in))
        .route("/sign-in/passkey", get(sign_in_passkey::show).post(sign_in_passkey::take))
        .route("/welcome", get(welcome::show).post(welcome::take))
        .route("/me", get(me::show))
        .route("/me/passkeys", post(me::add))
        .route("/me/passkeys/new", get(me::show_new))
        .route("/me/passkeys/remove", post(me::remove))
        .route("/sign-in/with/{way}", get(sign_in_with::begin))
        .route("/sign-in/with/{way}/callback", get(sign_in_with::end))
        .route("/oauth/authorize", get(authorize::show_consent).post(authorize::decide_consent))
        .route("/me/grants", get(grants::show_grants))
        .route("/device", get(device::show).post(device::take))
        .route("/me/requests", get(requests::show))
        .route("/me/requests/{request}", get(requests::show_one).post(requests::decide))
        .route("/me/grants/end", post(grants::end_grant))
        .route("/me/grants/{grant}", get(grants::show_grant))
        .route("/approvals", get(approvals::show_approvals))
        .route("/approvals/{id}", get(approval::show_approval).post(approval::decide))
        .route("/sign-out", post(sign_out::sign_out))
        .route("/assets/{name}", get(assets::show_asset))
        .route_layer(from_fn_with_state(authority.clone(), surround))
}
