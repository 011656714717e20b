//! `/approvals/{id}`: one request, exactly as it was sent, and the decision about it.

use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use bailiwick_domain::approval::{Approval, State as Standing};
use bailiwick_domain::person::Role;
use bailiwick_domain::ruling::{Channel, Decision, Ruling, Verdict};
use bailiwick_domain::time::Timestamp;
use bailiwick_fetch::form::escaped;
use http::{StatusCode, Uri};

use crate::admin::approval_object::hex;
use crate::admin::roles::RECENT_SECONDS;
use crate::authority::Authority;
use crate::govern::approvals::{self, Shown};
use crate::http::read::Named;
use crate::pages::approvals::check_role;
use crate::pages::layout::{self, Frame};
use crate::pages::policy::Policy;
use crate::pages::return_to;
use crate::pages::visit::{Posted, Turned, Visit};
use crate::people::session::{self, SignedIn};
use crate::refusal::Refusal;
use crate::text;

/// What somebody who looks at a request may do about it.
enum May {
    /// Decide.
    Decide,
    /// Nothing, for this reason.
    Not(&'static str),
    /// Sign in again first, here.
    SignInAgain(String),
}

#[derive(Template)]
#[template(path = "approval.html")]
struct ApprovalPage {
    frame: Frame,
    approval: Approval,
    state: &'static str,
    path: String,
    query: Option<String>,
    parameters: Vec<(String, String)>,
    body: Option<String>,
    digest: String,
    asked: String,
    until: String,
    used: Option<String>,
    decisions: Vec<Made>,
    may: May,
}

struct Made {
    name: String,
    verdict: &'static str,
    because: String,
    at: String,
}

/// Shows one request.
pub(crate) async fn show_approval(
    State(authority): State<Authority>,
    Visit(signed_in): Visit,
    Named(id): Named,
) -> Result<Response, Turned> {
    check_role(&signed_in, Role::Viewer)?;
    let now = authority.now();
    let Shown { approval, body } = approvals::show(&authority, &id).await?;
    let target = approval.bound.target.clone();
    let (path, query) = match target.split_once('?') {
        Some((path, query)) => (path.to_owned(), Some(query.to_owned())),
        None => (target, None),
    };
    let page = ApprovalPage {
        frame: Frame::new(&authority, Some(&signed_in)),
        state: approval.state_at(now).as_str(),
        parameters: parameters(query.as_deref().unwrap_or_default()),
        path,
        query,
        body,
        digest: hex(&approval.bound.body),
        asked: layout::minute(approval.asked_at),
        until: layout::minute(approval.expires_at),
        used: approval.used_at.map(layout::minute),
        decisions: approval.decisions.iter().map(Made::from).collect(),
        may: may(&signed_in, &approval, now),
        approval,
    };
    Ok(layout::show(StatusCode::OK, &page, &Policy::default())?)
}

/// Takes a decision, of somebody who signed in just now.
pub(crate) async fn decide(
    State(authority): State<Authority>,
    Named(id): Named,
    uri: Uri,
    Posted { signed_in, form }: Posted,
) -> Result<Response, Turned> {
    check_role(&signed_in, Role::Approver)?;
    if !session::fresh(&signed_in, authority.now(), RECENT_SECONDS) {
        return Ok(return_to::sign_in_again(&uri));
    }
    let verdict = match form.one("decision") {
        Some("approve") => Verdict::Approve,
        Some("deny") => Verdict::Deny,
        _ => return Err(Refusal::Malformed("the form says neither yes nor no".to_owned()).into()),
    };
    let because = form.one("because").filter(|text| !text.trim().is_empty());
    if verdict == Verdict::Deny && because.is_none() {
        return Err(Refusal::Malformed("say why: the agent is told".to_owned()).into());
    }
    let reason = because.map(|it| text::because(it.to_owned())).transpose()?;
    let ruling = Ruling { verdict, reason, channel: Channel::Page };
    approvals::decide(&authority, &id, &signed_in.decider(), ruling).await?;
    Ok(Redirect::to(uri.path()).into_response())
}

fn may(signed_in: &SignedIn, approval: &Approval, now: Timestamp) -> May {
    let by = signed_in.decider();
    if approval.state_at(now) != Standing::Pending {
        return May::Not("It does not wait any more.");
    }
    if check_role(signed_in, Role::Approver).is_err() {
        return May::Not("Only approvers decide.");
    }
    if approval.told.involves(&by) {
        return May::Not("The agent acts for you, or you answer for it: somebody else decides.");
    }
    if approval.decisions.iter().any(|it| it.by == by.id()) {
        return May::Not("You have decided. Another person has to, too.");
    }
    if !session::fresh(signed_in, now, RECENT_SECONDS) {
        let back = escaped(&format!("/approvals/{}", approval.id));
        return May::SignInAgain(format!("/sign-in?again=1&return_to={back}"));
    }
    May::Decide
}

/// The fields of a query, as far as they can be read; the query itself is shown beside them.
fn parameters(query: &str) -> Vec<(String, String)> {
    let uri = format!("/?{query}").parse::<Uri>().unwrap_or_default();
    let read = axum::extract::Query::<Vec<(String, String)>>::try_from_uri(&uri);
    read.map(|it| it.0).unwrap_or_default()
}

impl From<&Decision> for Made {
    fn from(decision: &Decision) -> Self {
        Self {
            name: decision.name.clone(),
            verdict: match decision.verdict {
                Verdict::Approve => "approved",
                Verdict::Deny => "denied",
            },
            because: decision.reason.clone().unwrap_or_default(),
            at: layout::minute(decision.at),
        }
    }
}
