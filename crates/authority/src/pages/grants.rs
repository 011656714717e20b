//! `/me/grants`: what a person has granted, to whom, until when, and taking it back.

use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use bailiwick_domain::grant::Grant;
use bailiwick_domain::id::GrantId;
use bailiwick_store::Tx;
use http::StatusCode;

use crate::authority::Authority;
use crate::fault::Fault;
use crate::govern::effect;
use crate::issue::line;
use crate::pages::consent::{self, Line};
use crate::pages::layout::{self, Frame};
use crate::pages::policy::Policy;
use crate::pages::return_to::HOME;
use crate::pages::visit::{Posted, Turned, Visit};
use crate::petitions::backchannel;
use crate::refusal::Refusal;

/// The most that are shown of those that have ended.
const ENDED: usize = 20;

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
}

#[derive(Template)]
#[template(path = "grants.html")]
struct GrantsPage {
    frame: Frame,
    form_token: String,
    waiting: usize,
    live: Vec<Row>,
    ended: Vec<Row>,
}

/// Shows what the person has granted.
pub(crate) async fn show_grants(
    State(authority): State<Authority>,
    Visit(signed_in): Visit,
) -> Result<Response, Turned> {
    let mut tx = authority.store.read().await?;
    let (mut live, mut ended) = (Vec::new(), Vec::new());
    for grant in tx.grants().list_of_person(signed_in.person.id).await? {
        let stands = line::Line::find(&mut tx, grant.id, authority.now()).await?.is_some();
        if stands {
            live.push(row(&authority, &mut tx, &grant, true).await?);
        } else if ended.len() < ENDED {
            ended.push(row(&authority, &mut tx, &grant, false).await?);
        }
    }
    drop(tx);
    let waiting = backchannel::list(&authority, &signed_in).await?.len();
    let frame = Frame::new(&authority, Some(&signed_in));
    let page = GrantsPage { frame, form_token: signed_in.form_token(), waiting, live, ended };
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
    tx: &mut Tx,
    grant: &Grant,
    stands: bool,
) -> Result<Row, Fault> {
    let agent = tx.agents().find(grant.agent).await?;
    let agent = agent.ok_or(Fault::Corrupt("a grant without its agent"))?;
    let client = tx.clients().find(grant.agent).await?.map(|it| it.name);
    let used = tx.codes().last_redeemed(grant.id).await?;
    let came = tx.petitions().redeemed_at(grant.id).await?;
    let refreshed = tx.refresh_tokens().last_used(grant.id).await?;
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
    })
}

impl From<bailiwick_store::Fault> for Turned {
    fn from(fault: bailiwick_store::Fault) -> Self {
        Fault::from(fault).into()
    }
}
