//! `GET /sign-in/with/{way}`: to a provider, and `…/callback`: back from it.

use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use http::header::SET_COOKIE;
use http::{HeaderMap, HeaderValue, Uri};

use crate::authority::Authority;
use crate::enroll::limits;
use crate::http::peer::Peer;
use crate::http::read::Asked;
use crate::pages::form::Form;
use crate::pages::return_to;
use crate::pages::sign_in::SignInQuery;
use crate::people::attempt::{ATTEMPT_SECONDS, Attempt, Begun};
use crate::people::cookie::Cookie;
use crate::people::provider::{self, Answer};
use crate::refusal::Refusal;

/// Sends the browser to the provider, and remembers with it what was asked.
pub(crate) async fn begin(
    State(authority): State<Authority>,
    Path(name): Path<String>,
    Asked(query): Asked<SignInQuery>,
) -> Result<Response, Refusal> {
    let way = provider::find(&authority, &name)?;
    let attempt = Attempt {
        way: name,
        return_to: return_to::page(query.return_to.as_deref()).to_owned(),
        again: query.again.is_some(),
        began_at: authority.now(),
    };
    let begun = Begun::new(&attempt, &authority.entropy)?;
    let question = provider::question(&authority, way, &begun).await?;
    let cookie = Cookie::Attempt.set(&authority, &begun.cookie, ATTEMPT_SECONDS)?;
    Ok(([(SET_COOKIE, cookie)], Redirect::to(&question)).into_response())
}

/// Takes the provider's answer, signs the person in and goes on to where they came from.
pub(crate) async fn end(
    State(authority): State<Authority>,
    Peer(address): Peer,
    Path(name): Path<String>,
    headers: HeaderMap,
    uri: Uri,
) -> Result<Response, Refusal> {
    limits::check_address(&authority, address).await?;
    let way = provider::find(&authority, &name)?;
    let fields = Form::query(&uri)?;
    let answer =
        Answer { code: fields.one("code"), state: fields.one("state"), issuer: fields.one("iss") };
    let begun = Cookie::Attempt.find(&authority, &headers).and_then(Begun::read);
    let begun = begun.ok_or(Refusal::SignInFailed("this browser has begun no sign-in"))?;
    let cookie = provider::complete(&authority, &headers, way, &begun, answer).await?;
    let mut response =
        Redirect::to(return_to::page(Some(&begun.attempt.return_to))).into_response();
    let cleared: HeaderValue = Cookie::Attempt.clear(&authority)?;
    response.headers_mut().append(SET_COOKIE, cookie);
    response.headers_mut().append(SET_COOKIE, cleared);
    Ok(response)
}
