//! `/api/v1/approvals`: requests that wait for people, and what people decide.

use axum::extract::State;
use axum::{Extension, Json};
use bailiwick_domain::id::{AgentId, ApprovalId};
use bailiwick_domain::ruling::{Channel, Ruling, Verdict};
use bailiwick_store::approvals::Filter;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::admin::approval_object::ApprovalObject;
use crate::admin::operator::Asker;
use crate::admin::page;
use crate::authority::Authority;
use crate::govern::approvals::{self, Shown};
use crate::http::error::Problem;
use crate::http::read::{Asked, Given, Named};
use crate::refusal::Refusal;
use crate::text;

/// Which approvals to list.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ApprovalQuery {
    /// Only those that stand so now: `pending`, `approved`, `denied`, `expired` or `used`.
    status: Option<String>,
    /// Only those of this agent: its id.
    agent: Option<String>,
    /// Where to go on: `next` of the page before.
    before: Option<String>,
    /// How many, 1 to 1000; 100 when left out.
    limit: Option<u32>,
}

/// Approvals, newest first.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ApprovalList {
    /// One page of them.
    approvals: Vec<ApprovalObject>,
    /// Where the next page starts, when there may be one.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

/// That a request may go through.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RequestApproval {
    /// Why.
    because: Option<String>,
}

/// That a request may not go through.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RequestDenial {
    /// Why; the agent is told.
    because: String,
}

/// List approvals.
#[utoipa::path(
    get,
    path = "/api/v1/approvals",
    tag = "approvals",
    params(ApprovalQuery),
    responses(
        (status = 200, description = "One page", body = ApprovalList),
        (status = 400, description = "Malformed", body = Problem),
        (status = 401, description = "No operator", body = Problem),
    ),
    security(("operator" = []))
)]
pub(crate) async fn list_approvals(
    State(authority): State<Authority>,
    Asked(query): Asked<ApprovalQuery>,
) -> Result<Json<ApprovalList>, Refusal> {
    let size = page::size(query.limit)?;
    let agent: Option<AgentId> = query.agent.map(|it| text::read("agent", &it)).transpose()?;
    let before: Option<ApprovalId> =
        query.before.map(|it| text::read("before", &it)).transpose()?;
    let state = query.status.map(|it| text::read("status", &it)).transpose()?;
    let (filter, now) = (Filter { state, agent, before }, authority.now());
    let mut tx = authority.store.read().await?;
    let mut found = tx.approvals().list(filter, now, size.saturating_add(1)).await?;
    let most = usize::try_from(size).unwrap_or(usize::MAX);
    let more = found.len() > most;
    found.truncate(most);
    let next = found.last().filter(|_| more).map(|it| it.id.to_string());
    let approvals = found.into_iter().map(|it| ApprovalObject::new(it, None, now)).collect();
    Ok(Json(ApprovalList { approvals, next }))
}

/// Show an approval, with what there is to see of the body.
#[utoipa::path(
    get,
    path = "/api/v1/approvals/{id}",
    tag = "approvals",
    params(("id" = String, Path, description = "Its id")),
    responses(
        (status = 200, description = "The approval", body = ApprovalObject),
        (status = 401, description = "No operator", body = Problem),
        (status = 404, description = "No such approval", body = Problem),
    ),
    security(("operator" = []))
)]
pub(crate) async fn show_approval(
    State(authority): State<Authority>,
    Named(id): Named,
) -> Result<Json<ApprovalObject>, Refusal> {
    let Shown { approval, body } = approvals::show(&authority, &id).await?;
    Ok(Json(ApprovalObject::new(approval, body, authority.now())))
}

/// Approve a request: once as many have as it takes, the agent may send it again, once. Whoever it
/// acts for, or answers for it, does not decide.
#[utoipa::path(
    post,
    path = "/api/v1/approvals/{id}/approve",
    tag = "approvals",
    params(("id" = String, Path, description = "Its id")),
    request_body = RequestApproval,
    responses(
        (status = 200, description = "The approval as it is now", body = ApprovalObject),
        (status = 400, description = "Malformed", body = Problem),
        (status = 401, description = "No operator, or signed in too long ago", body = Problem),
        (status = 403, description = "No approver, or it is their own", body = Problem),
        (status = 404, description = "No such approval", body = Problem),
        (status = 409, description = "Over, or decided by them already", body = Problem),
    ),
    security(("operator" = []))
)]
pub(crate) async fn approve_request(
    State(authority): State<Authority>,
    Extension(asker): Extension<Asker>,
    Named(id): Named,
    Given(body): Given<RequestApproval>,
) -> Result<Json<ApprovalObject>, Refusal> {
    let reason = body.because.map(text::because).transpose()?;
    decide(&authority, &id, &asker, (Verdict::Approve, reason)).await
}

/// Deny a request: it is over, and the same request is refused until it would have expired.
#[utoipa::path(
    post,
    path = "/api/v1/approvals/{id}/deny",
    tag = "approvals",
    params(("id" = String, Path, description = "Its id")),
    request_body = RequestDenial,
    responses(
        (status = 200, description = "The approval as it is now", body = ApprovalObject),
        (status = 400, description = "Malformed, or without a reason", body = Problem),
        (status = 401, description = "No operator, or signed in too long ago", body = Problem),
        (status = 403, description = "No approver, or it is their own", body = Problem),
        (status = 404, description = "No such approval", body = Problem),
        (status = 409, description = "Over, or decided by them already", body = Problem),
    ),
    security(("operator" = []))
)]
pub(crate) async fn deny_request(
    State(authority): State<Authority>,
    Extension(asker): Extension<Asker>,
    Named(id): Named,
    Given(body): Given<RequestDenial>,
) -> Result<Json<ApprovalObject>, Refusal> {
    let reason = Some(text::because(body.because)?);
    decide(&authority, &id, &asker, (Verdict::Deny, reason)).await
}

async fn decide(
    authority: &Authority,
    id: &str,
    Asker(by): &Asker,
    (verdict, reason): (Verdict, Option<String>),
) -> Result<Json<ApprovalObject>, Refusal> {
    let ruling = Ruling { verdict, reason, channel: Channel::Api };
    let decided = approvals::decide(authority, id, by, ruling).await?;
    Ok(Json(ApprovalObject::new(decided, None, authority.now())))
}
