//! `/approvals`: what agents ask for, and what became of it.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use bailiwick_domain::approval::{Approval, State as Standing};
use bailiwick_domain::person::Role;
use bailiwick_domain::time::Timestamp;
use bailiwick_store::approvals::Filter;
use http::StatusCode;

use crate::authority::Authority;
use crate::pages::layout::{self, Frame};
use crate::pages::policy::Policy;
use crate::pages::visit::{Turned, Visit};
use crate::people::session::SignedIn;
use crate::refusal::Refusal;

/// The most that are shown of those that wait, and of the newest.
const MOST: u32 = 100;

struct Row {
    id: String,
    agent: String,
    method: String,
    target: String,
    sensitivity: String,
    asked: String,
    until: String,
    state: &'static str,
    approved: usize,
    approvers: u8,
}

#[derive(Template)]
#[template(path = "approvals.html")]
struct ApprovalsPage {
    frame: Frame,
    waiting: Vec<Row>,
    over: Vec<Row>,
}

/// Shows what waits for people.
pub(crate) async fn show_approvals(
    State(authority): State<Authority>,
    Visit(signed_in): Visit,
) -> Result<Response, Turned> {
    check_role(&signed_in, Role::Viewer)?;
    let now = authority.now();
    let mut tx = authority.store.read().await?;
    let waiting = Filter { state: Some(Standing::Pending), ..Filter::default() };
    let waiting = tx.approvals().list(waiting, now, MOST).await?;
    let newest = tx.approvals().list(Filter::default(), now, MOST).await?;
    drop(tx);
    let over = newest.iter().filter(|it| it.state_at(now) != Standing::Pending);
    let page = ApprovalsPage {
        frame: Frame::new(&authority, Some(&signed_in)),
        // Whoever has waited longest comes first.
        waiting: waiting.iter().rev().map(|it| row(it, now)).collect(),
        over: over.map(|it| row(it, now)).collect(),
    };
    Ok(layout::show(StatusCode::OK, &page, &Policy::default())?)
}

/// Whether somebody has this role at least.
pub(crate) fn check_role(signed_in: &SignedIn, least: Role) -> Result<(), Refusal> {
    let had = signed_in.person.role;
    had.filter(|had| *had >= least).map(drop).ok_or(Refusal::RoleMissing(Some(least)))
}

fn row(approval: &Approval, now: Timestamp) -> Row {
    Row {
        id: approval.id.to_string(),
        agent: approval.told.agent.clone(),
        method: approval.bound.method.clone(),
        target: approval.bound.target.clone(),
        sensitivity: approval.told.sensitivity.clone(),
        asked: layout::minute(approval.asked_at),
        until: layout::minute(approval.expires_at),
        state: approval.state_at(now).as_str(),
        approved: approval.approved_by(),
        approvers: approval.approvers,
    }
}
