//! `/me`: who is signed in, and their passkeys.

use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use bailiwick_domain::passkey::Passkey;
use bailiwick_domain::person::Role;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::{HeaderMap, StatusCode};

use crate::admin::roles::RECENT_SECONDS;
use crate::authority::Authority;
use crate::pages::asked::{self, Asked, Made};
use crate::pages::layout::{self, Frame};
use crate::pages::policy::Policy;
use crate::pages::visit::{Posted, Turned, Visit};
use crate::people::passkey;
use crate::people::session::{self, SignedIn};
use crate::refusal::Refusal;

/// Where the page is.
pub(crate) const PATH: &str = "/me";

#[derive(Template)]
#[template(path = "me.html")]
struct MePage {
    frame: Frame,
    id: String,
    name: String,
    email: Option<String>,
    role: Option<Role>,
    issuer: String,
    until: String,
    own: bool,
    passkeys: Vec<PasskeyShown>,
}

struct PasskeyShown {
    id: String,
    made: String,
    used: Option<String>,
}

#[derive(Template)]
#[template(path = "passkey_new.html")]
struct NewPasskeyPage {
    frame: Frame,
    asked: Asked,
    known: String,
}

/// Shows who is signed in.
pub(crate) async fn show(
    State(authority): State<Authority>,
    Visit(signed_in): Visit,
) -> Result<Response, Refusal> {
    let passkeys = authority.store.read().await?.passkeys().list(signed_in.person.id).await?;
    let frame = Frame::new(&authority, Some(&signed_in));
    let own = signed_in.person.issuer == authority.settings.issuer;
    let SignedIn { person, session, .. } = signed_in;
    let page = MePage {
        frame,
        id: person.id.to_string(),
        name: person.name,
        email: person.email,
        role: person.role,
        issuer: if own { "a passkey".to_owned() } else { person.issuer },
        until: layout::minute(session.expires_at),
        own,
        passkeys: passkeys.iter().map(PasskeyShown::from).collect(),
    };
    Ok(layout::show(StatusCode::OK, &page, &Policy::default())?)
}

/// Asks for another passkey to be made, of somebody who signed in just now.
pub(crate) async fn show_new(
    State(authority): State<Authority>,
    Visit(signed_in): Visit,
) -> Result<Response, Refusal> {
    if !session::fresh(&signed_in, authority.now(), RECENT_SECONDS) {
        return Ok(once_more());
    }
    let known = authority.store.read().await?.passkeys().list(signed_in.person.id).await?;
    let known = known.iter().map(|it| URL_SAFE_NO_PAD.encode(&it.credential_id));
    let begun = passkey::begin(&authority, PATH)?;
    let page = NewPasskeyPage {
        frame: Frame::new(&authority, Some(&signed_in)),
        asked: Asked::new(&authority, &begun, signed_in.person.id)?,
        known: known.collect::<Vec<_>>().join(" "),
    };
    let page = layout::show(StatusCode::OK, &page, &asked::policy())?;
    asked::remember(&authority, &begun, page)
}

/// Adds a passkey.
pub(crate) async fn add(
    State(authority): State<Authority>,
    headers: HeaderMap,
    Posted { signed_in, form }: Posted,
) -> Result<Response, Turned> {
    if !session::fresh(&signed_in, authority.now(), RECENT_SECONDS) {
        return Ok(once_more());
    }
    let made = Made::read(&form)?;
    passkey::add(&authority, &headers, &signed_in, &made.answer()).await?;
    Ok(Redirect::to(PATH).into_response())
}

/// Removes the passkeys that were chosen.
pub(crate) async fn remove(
    State(authority): State<Authority>,
    Posted { signed_in, form }: Posted,
) -> Result<Response, Turned> {
    if !session::fresh(&signed_in, authority.now(), RECENT_SECONDS) {
        return Ok(once_more());
    }
    let chosen = form.all("passkey").map(str::parse).collect::<Result<Vec<_>, _>>();
    let chosen = chosen.map_err(|_| Refusal::NotFound("passkey"))?;
    passkey::remove(&authority, &signed_in, &chosen).await?;
    Ok(Redirect::to(PATH).into_response())
}

/// To signing in again, and back to this page.
fn once_more() -> Response {
    Redirect::to("/sign-in?again=1&return_to=%2Fme").into_response()
}

impl From<&Passkey> for PasskeyShown {
    fn from(passkey: &Passkey) -> Self {
        Self {
            id: passkey.id.to_string(),
            made: layout::minute(passkey.created_at),
            used: passkey.last_used_at.map(layout::minute),
        }
    }
}
