//! An approval as it is shown.

use bailiwick_domain::approval::Approval;
use bailiwick_domain::ruling::Decision;
use bailiwick_domain::time::Timestamp;
use bailiwick_ledger::canonical;
use serde::Serialize;
use utoipa::ToSchema;

/// A request that people decide about.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Approval)]
pub(crate) struct ApprovalObject {
    /// Its identifier.
    #[schema(example = "apr_01jd8m3q5r7t9v1x3z5b7d9f1h")]
    id: String,
    /// `pending`, `approved`, `denied`, `expired` or `used`.
    status: &'static str,
    /// Who asks.
    agent: AskingAgent,
    /// For whom it asks, from the first whose authority it is to the agent; empty: for itself.
    chain: Vec<String>,
    /// The person for whom it acts, if for one.
    person: Option<String>,
    /// The task by which it acts.
    task: Option<String>,
    /// What the task is for, or else the agent.
    purpose: String,
    /// The request, exactly as it was sent.
    request: RequestObject,
    /// `public`, `internal`, `confidential` or `restricted`.
    sensitivity: String,
    /// Why people are asked.
    because: String,
    /// The version of the policies that it was asked under; empty where none ask.
    policy: String,
    /// How many different people have to approve.
    approvers: u8,
    /// What was decided so far.
    decisions: Vec<DecisionObject>,
    /// When the agent asked.
    #[schema(format = DateTime)]
    asked_at: String,
    /// Until when it may be decided; once it is approved, until when it may be used.
    #[schema(format = DateTime)]
    expires_at: String,
    /// When the request went through.
    #[schema(format = DateTime)]
    used_at: Option<String>,
    /// The record of the attempt that asked.
    record: String,
}

/// The agent that asks, as it was then.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AskingAgent {
    id: String,
    name: String,
    project: String,
    /// Who answers for it; never decides.
    owner: String,
}

/// A request that waits.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RequestObject {
    /// API, method and path template.
    #[schema(example = "acme POST /refunds")]
    operation: String,
    /// The method.
    method: String,
    /// The host.
    authority: String,
    /// The path.
    path: String,
    /// The query, if there is one.
    query: Option<String>,
    /// The body.
    body: BodyObject,
}

/// The body of a request that waits.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct BodyObject {
    /// How many bytes.
    bytes: u64,
    /// Their SHA-256, in hexadecimal digits.
    digest: String,
    /// What it is said to be.
    content_type: Option<String>,
    /// What there is to see of it: its beginning, secrets masked. Only where one approval is shown,
    /// and gone when it is over.
    #[serde(skip_serializing_if = "Option::is_none")]
    shown: Option<String>,
}

/// What somebody decided.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DecisionObject {
    /// Who: a person's id, or that of an operator's token.
    by: String,
    /// What they were called.
    name: String,
    /// `approve` or `deny`.
    verdict: &'static str,
    /// Why.
    because: Option<String>,
    /// `api`, `page`, `webhook` or `ciba`.
    channel: &'static str,
    /// When.
    #[schema(format = DateTime)]
    at: String,
}

impl ApprovalObject {
    /// The approval as it is at this moment, and what there is to see of its body.
    pub(crate) fn new(approval: Approval, body: Option<String>, now: Timestamp) -> Self {
        let status = approval.state_at(now).as_str();
        let Approval { bound, told, .. } = approval;
        let (path, query) = match bound.target.split_once('?') {
            Some((path, query)) => (path.to_owned(), Some(query.to_owned())),
            None => (bound.target, None),
        };
        Self {
            id: approval.id.to_string(),
            status,
            agent: AskingAgent {
                id: bound.agent.to_string(),
                name: told.agent,
                project: told.project,
                owner: told.owner,
            },
            chain: bound.chain,
            person: told.person.map(|it| it.to_string()),
            task: told.task.map(|it| it.to_string()),
            purpose: told.purpose,
            request: RequestObject {
                operation: bound.operation,
                method: bound.method,
                authority: bound.authority,
                path,
                query,
                body: BodyObject {
                    bytes: told.body_bytes,
                    digest: hex(&bound.body),
                    content_type: told.content_type,
                    shown: body,
                },
            },
            sensitivity: told.sensitivity,
            because: told.because,
            policy: bound.policy,
            approvers: approval.approvers,
            decisions: approval.decisions.into_iter().map(DecisionObject::from).collect(),
            asked_at: approval.asked_at.to_string(),
            expires_at: approval.expires_at.to_string(),
            used_at: approval.used_at.map(|it| it.to_string()),
            record: told.record.to_string(),
        }
    }
}

impl From<Decision> for DecisionObject {
    fn from(decision: Decision) -> Self {
        Self {
            by: decision.by,
            name: decision.name,
            verdict: decision.verdict.as_str(),
            because: decision.reason,
            channel: decision.channel.as_str(),
            at: decision.at.to_string(),
        }
    }
}

/// A digest as people compare it.
pub(crate) fn hex(digest: &[u8; 32]) -> String {
    let mut digits = Vec::with_capacity(64);
    canonical::hex(digest, &mut digits);
    String::from_utf8(digits).unwrap_or_default()
}
