//! `/sign-in/passkey`: signing in with a passkey.

use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use bailiwick_domain::id::PersonId;
use bailiwick_proof::passkey::Assertion;
use http::StatusCode;
use http::header::SET_COOKIE;

use crate::authority::Authority;
use crate::enroll::limits;
use crate::http::peer::Peer;
use crate::http::read::{self, Whole};
use crate::pages::asked::{self, Asked, bytes};
use crate::pages::form::Form;
use crate::pages::layout::{self, Frame};
use crate::pages::return_to;
use crate::pages::sign_in::SignInQuery;
use crate::people::cookie::Cookie;
use crate::people::passkey;
use crate::refusal::Refusal;

#[derive(Template)]
#[template(path = "sign_in_passkey.html")]
struct PasskeyPage {
    frame: Frame,
    asked: Asked,
}

/// Asks for a passkey.
pub(crate) async fn show(
    State(authority): State<Authority>,
    read::Asked(query): read::Asked<SignInQuery>,
) -> Result<Response, Refusal> {
    let return_to = return_to::page(query.return_to.as_deref());
    let begun = passkey::begin(&authority, return_to)?;
    let asked = Asked::new(&authority, &begun, PersonId::from_bits(0))?;
    let page = PasskeyPage { frame: Frame::new(&authority, None), asked };
    let page = layout::show(StatusCode::OK, &page, &asked::policy())?;
    asked::remember(&authority, &begun, page)
}

/// Signs in with it.
pub(crate) async fn take(
    State(authority): State<Authority>,
    Peer(address): Peer,
    whole: Whole,
) -> Result<Response, Refusal> {
    limits::check_address(&authority, address).await?;
    let form = Form::read(&whole).await?;
    let (credential, client_data) = (bytes(&form, "credential")?, bytes(&form, "client_data")?);
    let (data, signature) = (bytes(&form, "authenticator_data")?, bytes(&form, "signature")?);
    let answer =
        Assertion { client_data: &client_data, authenticator_data: &data, signature: &signature };
    let headers = &whole.head.headers;
    let (cookie, after) = passkey::sign_in(&authority, headers, &credential, &answer).await?;
    let mut response = Redirect::to(return_to::page(Some(&after))).into_response();
    response.headers_mut().append(SET_COOKIE, cookie);
    response.headers_mut().append(SET_COOKIE, Cookie::Passkey.clear(&authority)?);
    Ok(response)
}
