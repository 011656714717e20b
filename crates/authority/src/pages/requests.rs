//! `/me/requests`: what agents ask of the person who is signed in, from elsewhere (CIBA Core 1.0,
//! section 7), and their answer.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use http::StatusCode;

use crate::authority::Authority;
use crate::pages::consent::{self, Decision, Place, Question};
use crate::pages::layout::{self, Frame};
use crate::pages::policy::Policy;
use crate::pages::visit::{Posted, Turned, Visit};
use crate::people::session::SignedIn;
use crate::petitions::decide::Open;
use crate::petitions::{backchannel, decide};
use crate::refusal::Refusal;

/// Where they are listed.
const PATH: &str = "/me/requests";

struct Row {
    name: String,
    client: String,
    agent: String,
    owner: String,
    message: Option<String>,
    since: String,
    until: String,
}

#[derive(Template)]
#[template(path = "requests.html")]
struct RequestsPage {
    frame: Frame,
    rows: Vec<Row>,
}

/// Shows what waits for the person's answer. What its client may not ask for any more is left out.
pub(crate) async fn show(
    State(authority): State<Authority>,
    Visit(signed_in): Visit,
) -> Result<Response, Turned> {
    let mut rows = Vec::new();
    for petition in backchannel::list(&authority, &signed_in).await? {
        match decide::read(&authority, petition).await {
            Ok(open) => rows.push(row(&open)),
            Err(Refusal::Malformed(_)) => {}
            Err(refusal) => return Err(refusal.into()),
        }
    }
    let page = RequestsPage { frame: Frame::new(&authority, Some(&signed_in)), rows };
    Ok(layout::show(StatusCode::OK, &page, &Policy::default())?)
}

fn row(open: &Open) -> Row {
    let Open { petition, requester, .. } = open;
    Row {
        name: backchannel::name(petition),
        client: requester.registration.name.clone(),
        agent: requester.agent.name.to_string(),
        owner: requester.agent.owner.clone(),
        message: message(open).map(str::to_owned),
        since: petition.created_at.to_string(),
        until: petition.expires_at.to_string(),
    }
}

/// Asks about one of them.
pub(crate) async fn show_one(
    State(authority): State<Authority>,
    Visit(signed_in): Visit,
    Path(name): Path<String>,
) -> Result<Response, Turned> {
    let open = find(&authority, &signed_in, &name).await?;
    let question = Question {
        requester: &open.requester,
        asked: &open.asked,
        action: &format!("{PATH}/{}", backchannel::name(&open.petition)),
        place: Place::Elsewhere { message: message(&open) },
    };
    Ok(consent::show(&authority, &signed_in, &question, &Policy::default())?)
}

/// Takes the person's decision.
pub(crate) async fn decide(
    State(authority): State<Authority>,
    Path(name): Path<String>,
    Posted { signed_in, form }: Posted,
) -> Result<Response, Turned> {
    let open = find(&authority, &signed_in, &name).await?;
    match consent::read(&authority, &open.asked, &form)? {
        Decision::Allow(allowed) => {
            decide::allow(&authority, &signed_in, &open, allowed).await?;
        }
        Decision::Deny => decide::deny(&authority, &open.petition).await?,
    }
    Ok(Redirect::to(PATH).into_response())
}

async fn find(authority: &Authority, signed_in: &SignedIn, name: &str) -> Result<Open, Turned> {
    let petition = backchannel::find_named(authority, signed_in, name).await?;
    Ok(decide::read(authority, petition).await?)
}

/// What the client says to the person (CIBA Core 1.0, section 7.1).
fn message(open: &Open) -> Option<&str> {
    open.parameters.one("binding_message").ok().flatten()
}
