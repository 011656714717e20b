//! `/me/grants`: what a person has granted, to whom, until when, what was done with it, and taking
//! it back.

use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use bailiwick_domain::grant::Grant;
use bailiwick_domain::id::GrantId;
use http::{StatusCode, Uri};

use crate::authority::Authority;
use crate::fault::Fault;
use crate::govern::effect;
use crate::http::read::Named;
use crate::issue::line;
use crate::pages::consent::{self, Line};
use crate::pages::deeds::{self, Done};
use crate::pages::form::Form;
use crate::pages::layout::{self, Frame};
use crate::pages::policy::Policy;
use crate::pages::return_to::HOME;
use crate::pages::visit::{Posted, Turned, Visit};
use crate::people::session::SignedIn;
use crate::petitions::backchannel;
use crate::refusal::Refusal;

/// The most that are shown at once of those that are live.
const LIVE: u32 = 50;
/// The most that are shown of those that have ended.
const ENDED: u32 = 20;
/// How many requests are shown of each grant, and on the page of one.
const LATEST: u32 = 3;
const DEEDS: u32 = 50;

struct Row {
    id: GrantId,
    client: String,
    agent: String,
    owner: String,
    scopes: Vec<Line>,
    details: Vec<Line>,
    given: String,
    until: String,
    with_sign_in: bool,
    used: Option<String>,
    ended: Option<String>,
    done: Done,
}

#[derive(Template)]
#[template(path = "grants.html")]
struct GrantsPage {
    frame: Frame,
    form_token: String,
    waiting: usize,
    live: Vec<Row>,
    ended: Vec<Row>,
    older: Option<GrantId>,
}

#[derive(Template)]
#[template(path = "grant.html")]
struct GrantPage {
    frame: Frame,
    form_token: String,
    row: Row,
}

/// Shows what the person has granted, and the last of what was done with each.
pub(crate) async fn show_grants(
    State(authority): State<Authority>,
    Visit(signed_in): Visit,
    uri: Uri,
) -> Result<Response, Turned> {
    let query = Form::query(&uri)?;
    let before = query.one("before").map(str::parse::<GrantId>).transpose();
    let before = before.map_err(|_| Refusal::NotFound("grant"))?;
    let (person, now) = (signed_in.person.id, authority.now());
    let mut tx = authority.store.read().await?;
    let standing = tx.grants().live_of_person(person, now, (before, LIVE)).await?;
    let full = u32::try_from(standing.len()).is_ok_and(|length| length >= LIVE);
    let older = standing.last().map(|grant| grant.id).filter(|_| full);
    let past = match before {
        None => tx.grants().past_of_person(person, now, ENDED).await?,
        Some(_) => Vec::new(),
    };
    drop(tx);
    let waiting = backchannel::list(&authority, &signed_in).await?.len();
    authority.sequencer.settle().await?;
    let (mut live, mut ended) = (Vec::new(), Vec::new());
    for grant in standing.iter().chain(&past) {
        let row = row(&authority, (&signed_in, grant), (None, LATEST)).await?;
        let rows = if row.ended.is_none() { &mut live } else { &mut ended };
        rows.push(row);
    }
    let frame = Frame::new(&authority, Some(&signed_in));
    let form_token = signed_in.form_token();
    let page = GrantsPage { frame, form_token, waiting, live, ended, older };
    Ok(layout::show(StatusCode::OK, &page, &Policy::default())?)
}

/// Shows one grant, and what was done with it. One that is not the person's is not there.
pub(crate) async fn show_grant(
    State(authority): State<Authority>,
    Visit(signed_in): Visit,
    Named(id): Named,
    uri: Uri,
) -> Result<Response, Turned> {
    let absent = Refusal::NotFound("grant");
    let after = Form::query(&uri)?.one("after").map(str::parse::<u64>).transpose();
    let after = after.map_err(|_| Refusal::NotFound("page of that"))?;
    let id: GrantId = id.parse().map_err(|_| absent.clone())?;
    let grant = authority.store.read().await?.grants().find(id).await?;
    let grant = grant.filter(|it| it.person == Some(signed_in.person.id)).ok_or(absent)?;
    authority.sequencer.settle().await?;
    let row = row(&authority, (&signed_in, &grant), (after, DEEDS)).await?;
    let frame = Frame::new(&authority, Some(&signed_in));
    let page = GrantPage { frame, form_token: signed_in.form_token(), row };
    Ok(layout::show(StatusCode::OK, &page, &Policy::default())?)
}

/// Takes a grant back, with all that descends from it. One that is not the person's is not there.
pub(crate) async fn end_grant(
    State(authority): State<Authority>,
    Posted { signed_in, form }: Posted,
) -> Result<Response, Turned> {
    let absent = Refusal::NotFound("grant");
    let id = form.one("grant").and_then(|text| text.parse::<GrantId>().ok());
    let id = id.ok_or(absent.clone())?;
    let mut tx = authority.store.begin().await?;
    let grant = tx.grants().find(id).await?;
    let grant = grant.filter(|it| it.person == Some(signed_in.person.id)).ok_or(absent)?;
    tx.grants().update(&grant.end("the person took it back", authority.now())).await?;
    effect::save(tx).await?;
    let person = signed_in.person.id;
    tracing::info!(%person, grant = %id, "a person took back what they granted");
    Ok(Redirect::to(HOME).into_response())
}

async fn row(
    authority: &Authority,
    (signed_in, grant): (&SignedIn, &Grant),
    page: (Option<u64>, u32),
) -> Result<Row, Fault> {
    let mut tx = authority.store.read().await?;
    let stands = line::Line::find(&mut tx, grant.id, authority.now()).await?.is_some();
    let agent = tx.agents().find(grant.agent).await?;
    let agent = agent.ok_or(Fault::Corrupt("a grant without its agent"))?;
    let client = tx.clients().find(grant.agent).await?.map(|it| it.name);
    let used = tx.codes().last_redeemed(grant.id).await?;
    let came = tx.petitions().redeemed_at(grant.id).await?;
    let refreshed = tx.refresh_tokens().last_used(grant.id).await?;
    drop(tx);
    let because = grant.ended_because.clone();
    let ended =
        because.or_else(|| (!stands).then(|| "its time is over, or its agent's".to_owned()));
    Ok(Row {
        id: grant.id,
        client: client.unwrap_or_else(|| agent.name.to_string()),
        agent: agent.name.to_string(),
        owner: agent.owner,
        scopes: consent::scopes(&authority.apis, &grant.extent),
        details: consent::details(&authority.apis, &grant.extent),
        given: grant.created_at.to_string(),
        until: grant.expires_at.to_string(),
        with_sign_in: grant.session.is_some(),
        used: used.max(came).max(refreshed).map(|at| at.to_string()),
        ended,
        done: deeds::done(authority, (signed_in.person.id, grant), page).await?,
    })
}

impl From<bailiwick_store::Fault> for Turned {
    fn from(fault: bailiwick_store::Fault) -> Self {
        Fault::from(fault).into()
    }
}
