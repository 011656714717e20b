//! `/welcome`: coming in with a link, by making a passkey.

use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use bailiwick_domain::person::Role;
use http::StatusCode;
use http::header::SET_COOKIE;
use serde::Deserialize;

use crate::authority::Authority;
use crate::enroll::limits;
use crate::http::peer::Peer;
use crate::http::read::{self, Whole};
use crate::pages::asked::{self, Asked, Made};
use crate::pages::form::Form;
use crate::pages::layout::{self, Frame};
use crate::pages::me;
use crate::people::cookie::Cookie;
use crate::people::passkey;
use crate::refusal::Refusal;
use crate::text;

/// What the link carries.
#[derive(Debug, Deserialize)]
pub(crate) struct WelcomeQuery {
    #[serde(default)]
    code: String,
}

#[derive(Template)]
#[template(path = "welcome.html")]
struct WelcomePage<'a> {
    frame: Frame,
    asked: Asked,
    code: &'a str,
    name: String,
    role: Option<Role>,
}

/// Asks for a passkey to be made. Looking at the page does not use the link up.
pub(crate) async fn show(
    State(authority): State<Authority>,
    Peer(address): Peer,
    read::Asked(query): read::Asked<WelcomeQuery>,
) -> Result<Response, Refusal> {
    limits::check_address(&authority, address).await?;
    let mut tx = authority.store.read().await?;
    let welcome = passkey::welcome(&mut tx, &authority, &query.code).await?;
    drop(tx);
    let begun = passkey::begin(&authority, me::PATH)?;
    let page = WelcomePage {
        frame: Frame::new(&authority, None),
        asked: Asked::new(&authority, &begun, passkey::person_of(&begun))?,
        code: &query.code,
        name: welcome.name.unwrap_or_default(),
        role: welcome.role,
    };
    let page = layout::show(StatusCode::OK, &page, &asked::policy())?;
    asked::remember(&authority, &begun, page)
}

/// Lets the person in.
pub(crate) async fn take(
    State(authority): State<Authority>,
    Peer(address): Peer,
    whole: Whole,
) -> Result<Response, Refusal> {
    limits::check_address(&authority, address).await?;
    let form = Form::read(&whole).await?;
    let code = form.one("code").unwrap_or_default();
    let name = text::name(form.one("name").unwrap_or_default().trim().to_owned())?;
    let made = Made::read(&form)?;
    let headers = &whole.head.headers;
    let cookie = passkey::come_in(&authority, headers, (code, name), &made.answer()).await?;
    let mut response = Redirect::to(me::PATH).into_response();
    response.headers_mut().append(SET_COOKIE, cookie);
    response.headers_mut().append(SET_COOKIE, Cookie::Passkey.clear(&authority)?);
    Ok(response)
}
