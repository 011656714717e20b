//! `POST /sign-out`: ends the sign-in at this browser, and what hangs on it.

use axum::extract::{FromRequest, Request, State};
use axum::response::{IntoResponse, Redirect, Response};
use http::header::SET_COOKIE;

use crate::authority::Authority;
use crate::pages::visit::{Posted, Turned};
use crate::people::session;

/// Ends the sign-in, and shows how to begin another.
pub(crate) async fn sign_out(
    State(authority): State<Authority>,
    request: Request,
) -> Result<Response, Turned> {
    let headers = request.headers().clone();
    Posted::from_request(request, &authority).await?;
    let cleared = session::end(&authority, &headers).await?;
    Ok(([(SET_COOKIE, cleared)], Redirect::to("/sign-in")).into_response())
}
