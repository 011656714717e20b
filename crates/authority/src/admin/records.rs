//! `/api/v1/ledger`: the records of requests, searched, shown and proven.

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use bailiwick_domain::decision::Outcome;
use bailiwick_domain::id::{RecordId, TaskId};
use bailiwick_ledger::proof;
use bailiwick_store::records::{Found, Order, Query};
use http::HeaderValue;
use http::header::CONTENT_TYPE;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};

use crate::admin::{agent_object, page};
use crate::authority::Authority;
use crate::fault::Fault;
use crate::govern::agents::{self, Address};
use crate::http::error::Problem;
use crate::http::read::{Asked, Named};
use crate::refusal::Refusal;
use crate::text;

/// The longest code, API or operation that is searched for.
const LONGEST_TEXT: usize = 1_024;

/// A record and its place in the ledger.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Record)]
pub(crate) struct RecordObject {
    /// Its place, from 0.
    index: u64,
    /// The record.
    #[schema(value_type = Object)]
    record: Value,
}

/// Records that match.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RecordList {
    /// One page of them.
    records: Vec<RecordObject>,
    /// Where to go on: the last one's index, when there may be more.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<u64>,
}

/// Which records to find.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct RecordQuery {
    /// Only those of this agent: its id or name.
    agent: Option<String>,
    /// The project of the agent, when it is addressed by name.
    project: Option<String>,
    /// Only those with this denial code, or that would have had it.
    code: Option<String>,
    /// Only those that ended so: `allowed`, `denied`, `pending`, `failed` or `interrupted`.
    outcome: Option<String>,
    /// Only those that this policy decided, or would have decided, were it no shadow: its `@id`.
    policy: Option<String>,
    /// Only those of requests that were let through because their API is only observed, and would
    /// have ended so: `denied`, or `pending` where people would have been asked.
    would_be: Option<String>,
    /// Only those of requests that arrived at this instant (RFC 3339) or later.
    #[param(format = DateTime)]
    since: Option<String>,
    /// Only those of this API.
    api: Option<String>,
    /// Only those of this operation, as in `GET /tickets/{id}`.
    operation: Option<String>,
    /// Only those of what was done on behalf of this one: a person's id, or an agent's subject.
    person: Option<String>,
    /// Only those of this task.
    task: Option<String>,
    /// `newest` first, or `oldest` first; the former when left out.
    order: Option<String>,
    /// How many, 1 to 1000; 100 when left out.
    limit: Option<u32>,
    /// Only those after the one at this index, in that order.
    after: Option<u64>,
}

/// Search the ledger. A request that is over is found.
#[utoipa::path(
    get,
    path = "/api/v1/ledger",
    tag = "ledger",
    params(RecordQuery),
    responses(
        (status = 200, description = "One page", body = RecordList),
        (status = 400, description = "Malformed", body = Problem),
        (status = 401, description = "No operator", body = Problem),
        (status = 404, description = "No such agent", body = Problem),
    ),
    security(("operator" = []))
)]
pub(crate) async fn search_records(
    State(authority): State<Authority>,
    Asked(query): Asked<RecordQuery>,
) -> Result<Json<RecordList>, Refusal> {
    let query = query.read(&authority).await?;
    authority.sequencer.settle().await?;
    let found = authority.records().search(&query).await?;
    let full = usize::try_from(query.limit).is_ok_and(|limit| found.len() >= limit);
    let next = found.last().filter(|_| full).map(|found| found.index);
    let records = found.iter().map(RecordObject::read).collect::<Result<_, _>>()?;
    Ok(Json(RecordList { records, next }))
}

/// Show a record.
#[utoipa::path(
    get,
    path = "/api/v1/ledger/{record}",
    tag = "ledger",
    params(("record" = String, Path, description = "Its id: the upstream's X-Request-ID")),
    responses(
        (status = 200, description = "The record", body = RecordObject),
        (status = 401, description = "No operator", body = Problem),
        (status = 404, description = "No such record", body = Problem),
    ),
    security(("operator" = []))
)]
pub(crate) async fn show_record(
    State(authority): State<Authority>,
    Named(record): Named,
) -> Result<Json<RecordObject>, Refusal> {
    let found = find(&authority, &record).await?;
    Ok(Json(RecordObject::read(&found)?))
}

/// Prove that a record is in the ledger: a text that is checked with the ledger's key alone.
#[utoipa::path(
    get,
    path = "/api/v1/ledger/{record}/proof",
    tag = "ledger",
    params(("record" = String, Path, description = "Its id: the upstream's X-Request-ID")),
    responses(
        (status = 200, description = "A proof (C2SP tlog-proof)", content_type = "text/plain"),
        (status = 401, description = "No operator", body = Problem),
        (status = 404, description = "No such record", body = Problem),
    ),
    security(("operator" = []))
)]
pub(crate) async fn prove_record(
    State(authority): State<Authority>,
    Named(record): Named,
) -> Result<Response, Refusal> {
    let index = find(&authority, &record).await?.index;
    let published = authority.published().clone();
    let proof = tokio::task::spawn_blocking(move || proof::prove(index, &published)).await;
    let proof = proof.map_err(|_| Fault::Corrupt("a proof broke off"))?.map_err(Fault::Ledger)?;
    let text = HeaderValue::from_static("text/plain; charset=utf-8");
    Ok(([(CONTENT_TYPE, text)], proof).into_response())
}

async fn find(authority: &Authority, record: &str) -> Result<Found, Refusal> {
    let id: RecordId = record.parse().map_err(|_| Refusal::NotFound("record"))?;
    authority.sequencer.settle().await?;
    authority.records().find(id).await?.ok_or(Refusal::NotFound("record"))
}

impl RecordObject {
    fn read(found: &Found) -> Result<Self, Fault> {
        let record = serde_json::from_str(&found.text);
        let record = record.map_err(|_| Fault::Corrupt("a record of the ledger"))?;
        Ok(Self { index: found.index, record })
    }
}

impl RecordQuery {
    async fn read(self, authority: &Authority) -> Result<Query, Refusal> {
        let agent = match &self.agent {
            None => None,
            Some(agent) => match agent_object::address(agent, self.project.as_deref())? {
                Address::Id(id) => Some(id),
                name @ Address::Name(..) => {
                    let mut tx = authority.store.read().await?;
                    Some(agents::find(&mut tx, &name).await?.id)
                }
            },
        };
        Ok(Query {
            agent,
            code: self.code.map(bounded).transpose()?,
            outcome: self.outcome.as_deref().map(outcome).transpose()?,
            policy: self.policy.map(bounded).transpose()?,
            would_be: self.would_be.as_deref().map(would_be).transpose()?,
            since: self.since.as_deref().map(|since| text::read("since", since)).transpose()?,
            api: self.api.map(bounded).transpose()?,
            operation: self.operation.map(bounded).transpose()?,
            on_behalf_of: self.person.map(bounded).transpose()?,
            task: self.task.as_deref().map(task).transpose()?,
            order: self.order.as_deref().map_or(Ok(Order::NewestFirst), order)?,
            after: self.after,
            limit: page::size(self.limit)?,
        })
    }
}

fn bounded(text: String) -> Result<String, Refusal> {
    if text.len() > LONGEST_TEXT {
        return Err(Refusal::Malformed(format!("a text is longer than {LONGEST_TEXT} bytes")));
    }
    Ok(text)
}

fn task(text: &str) -> Result<TaskId, Refusal> {
    text.parse().map_err(|_| Refusal::Malformed("`task` is a task's id, tsk_…".to_owned()))
}

fn outcome(text: &str) -> Result<Outcome, Refusal> {
    let found = Outcome::ALL.into_iter().find(|outcome| outcome.as_str() == text);
    found.ok_or_else(|| {
        Refusal::Malformed(
            "`outcome` is allowed, denied, pending, failed or interrupted".to_owned(),
        )
    })
}

fn would_be(text: &str) -> Result<Outcome, Refusal> {
    match text {
        "denied" => Ok(Outcome::Denied),
        "pending" => Ok(Outcome::Pending),
        _ => Err(Refusal::Malformed("`would_be` is denied or pending".to_owned())),
    }
}

fn order(text: &str) -> Result<Order, Refusal> {
    match text {
        "newest" => Ok(Order::NewestFirst),
        "oldest" => Ok(Order::OldestFirst),
        _ => Err(Refusal::Malformed("`order` is newest or oldest".to_owned())),
    }
}
