//! `/oauth/authorize` (RFC 6749, section 3.1): a person is asked whether an agent may act for them.

use askama::Template;
use axum::extract::{FromRequest, Query, Request, State};
use axum::response::{IntoResponse, Response};
use bailiwick_domain::client::Source;
use bailiwick_domain::id::AgentId;
use http::header::LOCATION;
use http::{HeaderValue, StatusCode, Uri};

use crate::authority::Authority;
use crate::authorize::consent;
use crate::authorize::parameters::Parameters;
use crate::authorize::pushed;
use crate::authorize::reply::{Answer, Deviation, Mode, Reply};
use crate::authorize::request::{self, Prompt, Unshown};
use crate::clients::named;
use crate::enroll::limits;
use crate::fault::Fault;
use crate::http::peer::Peer;
use crate::pages::consent::{self as page, Decision, Place, Question};
use crate::pages::layout::{self, Frame};
use crate::pages::policy::Policy;
use crate::pages::return_to;
use crate::pages::visit::{Posted, Turned};
use crate::people::session::{self, SignedIn};
use crate::refusal::Refusal;

/// How long ago somebody who is to sign in anew may have done so, in seconds: they come back here
/// from that.
const JUST_NOW: i64 = 60;

/// A request, and what it was pushed as if it was.
struct Begun {
    request: request::Request,
    pushed: Option<[u8; 32]>,
}

/// Asks the person, unless there is nothing to ask; or sends them to sign in first.
pub(crate) async fn show_consent(
    State(authority): State<Authority>,
    Peer(address): Peer,
    request: Request,
) -> Result<Response, Turned> {
    let (uri, headers) = (request.uri(), request.headers());
    let signed_in = session::find(&authority, headers).await?;
    let Begun { request, pushed } =
        match begin(&authority, address, uri, signed_in.is_some()).await? {
            Ok(begun) => begun,
            Err(told) => return told,
        };
    let prompt = request.prompt;
    let tell = |error, why: &str| {
        answer(&authority, &request.reply, &Answer::Error(Deviation::new(error, why)))
    };
    let Some(signed_in) = signed_in else {
        if prompt.none {
            return tell("login_required", "nobody is signed in");
        }
        return Ok(return_to::sign_in_first(uri));
    };
    if !is_fresh(&authority, &signed_in, prompt) {
        if prompt.none {
            return tell("login_required", "the person signed in too long ago");
        }
        return Ok(return_to::sign_in_again(uri));
    }
    if !prompt.consent
        && let Some(before) = consent::standing(&authority, &signed_in, &request).await?
    {
        let code = consent::renew(&authority, &signed_in, (&request, pushed), &before).await?;
        return answer(&authority, &request.reply, &Answer::Code(code));
    }
    if prompt.none {
        return tell("consent_required", "the person has not been asked");
    }
    ask(&authority, &signed_in, &request, uri).map_err(Turned::from)
}

/// Takes the person's decision: a code for the client, or the news that there is none.
pub(crate) async fn decide_consent(
    State(authority): State<Authority>,
    Peer(address): Peer,
    request: Request,
) -> Result<Response, Turned> {
    let uri = request.uri().clone();
    let Posted { signed_in, form } = Posted::from_request(request, &authority).await?;
    let Begun { request, pushed } = match begin(&authority, address, &uri, true).await? {
        Ok(begun) => begun,
        Err(told) => return told,
    };
    if !is_fresh(&authority, &signed_in, request.prompt) {
        return Ok(return_to::sign_in_again(&uri));
    }
    let answered = match page::read(&authority, &request.asked, &form)? {
        Decision::Allow(allowed) => {
            let asked = (&request, pushed);
            Answer::Code(consent::allow(&authority, &signed_in, asked, allowed).await?)
        }
        Decision::Deny => {
            consent::deny(&authority, pushed).await?;
            Answer::Error(Deviation::new("access_denied", "the person said no"))
        }
    };
    answer(&authority, &request.reply, &answered)
}

/// Reads the request that the query is, or names.
async fn begin(
    authority: &Authority,
    address: std::net::IpAddr,
    uri: &Uri,
    known: bool,
) -> Result<Result<Begun, Result<Response, Turned>>, Turned> {
    let malformed = |why: &str| Refusal::Malformed(why.to_owned());
    let pairs = Query::<Vec<(String, String)>>::try_from_uri(uri);
    let Query(pairs) = pairs.map_err(|_| malformed("the query cannot be read"))?;
    let parameters = Parameters::new(pairs)?;
    let client_id =
        parameters.one("client_id").map_err(|_| malformed("client_id is there twice"))?;
    let client_id = client_id.ok_or_else(|| malformed("client_id is missing"))?;
    let pushed_as = parameters.one("request_uri");
    let pushed_as = pushed_as.map_err(|_| malformed("request_uri is there twice"))?;
    let (pushed, parameters) = match pushed_as {
        Some(name) => {
            let found = pushed::find(authority, client_id, name).await?;
            (Some(found.digest), found.parameters)
        }
        None => (None, parameters.clone()),
    };
    if client_id.parse::<AgentId>().is_err() {
        limits::check_address(authority, address).await?;
    }
    let requester = named::find(authority, client_id).await?;
    let stranger = matches!(requester.registration.source, Source::Document(_)) && !known;
    match request::read(authority, requester, &parameters) {
        Ok(request) => Ok(Ok(Begun { request, pushed })),
        Err(Unshown::Page(refusal)) => Err(refusal.into()),
        // Anybody can publish a document: nobody is sent to where it says before they signed in
        // (RFC 9700, section 4.11.2).
        Err(Unshown::Reply(_, deviation)) if stranger => {
            Err(malformed(&format!("{}: {}", deviation.error, deviation.description)).into())
        }
        Err(Unshown::Reply(reply, deviation)) => {
            Ok(Err(answer(authority, &reply, &Answer::Error(deviation))))
        }
    }
}

fn is_fresh(authority: &Authority, signed_in: &SignedIn, prompt: Prompt) -> bool {
    let within =
        |seconds: u32| session::fresh(signed_in, authority.now(), i64::from(seconds).max(JUST_NOW));
    prompt.max_age.is_none_or(within)
}

/// The page that asks; its form goes back to where the request came in.
fn ask(
    authority: &Authority,
    signed_in: &SignedIn,
    request: &request::Request,
    uri: &Uri,
) -> Result<Response, Fault> {
    let redirect_uri = &request.reply.redirect_uri;
    let question = Question {
        requester: &request.requester,
        asked: &request.asked,
        action: uri.path_and_query().map_or("/oauth/authorize", |it| it.as_str()),
        place: Place::Redirect {
            host: redirect_uri.host(),
            on_this_machine: redirect_uri.is_loopback(),
        },
    };
    let policy = Policy { leads_to: vec![redirect_uri.origin()], ..Policy::default() };
    page::show(authority, signed_in, &question, &policy)
}

#[derive(Template)]
#[template(path = "carried.html")]
struct CarriedPage<'a> {
    frame: Frame,
    action: &'a str,
    host: &'a str,
    fields: &'a [(&'static str, String)],
}

/// Sends the person's browser to the client with the answer.
fn answer(authority: &Authority, reply: &Reply, answer: &Answer) -> Result<Response, Turned> {
    let issuer = &authority.settings.issuer;
    match reply.mode {
        Mode::Query => {
            let location = HeaderValue::try_from(reply.location(issuer, answer));
            let location = location.map_err(|_| Fault::Corrupt("a redirect URI"))?;
            Ok((StatusCode::SEE_OTHER, [(LOCATION, location)]).into_response())
        }
        Mode::FormPost => {
            let page = CarriedPage {
                frame: Frame::new(authority, None),
                action: reply.redirect_uri.as_str(),
                host: reply.redirect_uri.host(),
                fields: &reply.parameters(issuer, answer),
            };
            let policy =
                Policy { leads_to: vec![reply.redirect_uri.origin()], ..Policy::default() };
            Ok(layout::show(StatusCode::OK, &page, &policy)?)
        }
    }
}
