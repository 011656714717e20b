//! `GET /sign-in`: the ways in which a person can sign in here.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use bailiwick_fetch::form::escaped;
use http::{HeaderMap, StatusCode};
use serde::Deserialize;

use crate::authority::Authority;
use crate::http::read::Asked;
use crate::pages::layout::{self, Frame};
use crate::pages::policy::Policy;
use crate::pages::return_to;
use crate::people::party::Party;
use crate::people::session;
use crate::refusal::Refusal;

/// What the page is asked for with.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct SignInQuery {
    /// Where to go on after.
    pub(crate) return_to: Option<String>,
    /// Present: who is signed in already has to prove themselves again.
    pub(crate) again: Option<String>,
}

#[derive(Template)]
#[template(path = "sign_in.html")]
struct SignInPage<'a> {
    frame: Frame,
    return_to: &'a str,
    again: bool,
    ways: Vec<WayShown<'a>>,
    passkey: Option<String>,
}

struct WayShown<'a> {
    name: &'a str,
    link: String,
}

/// Shows how to sign in; to whoever is signed in already, the way on as well.
pub(crate) async fn show_sign_in(
    State(authority): State<Authority>,
    headers: HeaderMap,
    Asked(query): Asked<SignInQuery>,
) -> Result<Response, Refusal> {
    let signed_in = session::find(&authority, &headers).await?;
    let return_to = return_to::page(query.return_to.as_deref());
    let again = query.again.is_some();
    let after = escaped(return_to);
    let more = if again { "&again=1" } else { "" };
    // Each way is begun where it ends: at the issuer, or where passkeys are for.
    let issuer = &authority.settings.issuer;
    let shown = |way: &str| format!("{issuer}/sign-in/with/{way}?return_to={after}{more}");
    let ways = authority.settings.sign_in.iter();
    let ways = ways.map(|way| WayShown { name: &way.name, link: shown(&way.name) });
    let ways = ways.collect();
    let passkey = Party::of(&authority)
        .map(|party| format!("{}/sign-in/passkey?return_to={after}", party.origin));
    let frame = Frame::new(&authority, signed_in.as_ref());
    let page = SignInPage { frame, return_to, again, ways, passkey };
    Ok(layout::show(StatusCode::OK, &page, &Policy::default())?)
}
