//! A grant and a task as they are shown, and a task as it is asked for.

use bailiwick_domain::grant::{Budgets, Grant};
use bailiwick_domain::time::Timestamp;
use bailiwick_proof::jwt::details;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use crate::issue::form::Form;
use crate::issue::task::NewTask;
use crate::refusal::Refusal;
use crate::text;

/// How long a task lasts when nothing is said, in seconds.
const USUAL_TTL_SECONDS: u32 = 900;
/// The longest that a task may last, in seconds.
const LONGEST_TTL_SECONDS: u32 = 86_400;
/// The most APIs that one task names.
const RESOURCES: usize = 16;

/// How much may be done; what is absent is not counted.
#[derive(Debug, Default, Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct BudgetsObject {
    /// Requests.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    calls: Option<u32>,
    /// Requests that change something.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    writes: Option<u32>,
    /// `DELETE` requests.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    deletes: Option<u32>,
}

/// How far a task is to reach.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct TaskDraft {
    /// What it is for, in at most 500 characters.
    #[schema(example = "close stale tickets")]
    purpose: String,
    /// Scopes; all that can be had when left out.
    #[serde(default)]
    scopes: Vec<String>,
    /// Resource identifiers of APIs; when left out, those that use one of the scopes.
    #[serde(default)]
    resources: Vec<String>,
    /// Which operations, each of type `operation` (RFC 9396).
    #[schema(value_type = Option<Vec<Object>>)]
    authorization_details: Option<Value>,
    /// How long it lasts, at most a day; 900 when left out.
    ttl_seconds: Option<u32>,
    /// How much may be done in it.
    #[serde(default)]
    budgets: BudgetsObject,
}

/// A grant: what one lets another do.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Grant)]
pub(crate) struct GrantObject {
    /// Its identifier.
    #[schema(example = "grt_01jd8m3q5r7t9v1x3z5b7d9f1h")]
    id: String,
    /// The agent that may act by it.
    agent: String,
    /// The person for whom, if for one.
    person: Option<String>,
    /// The grant it was granted out of.
    parent: Option<String>,
    /// How many delegations lie between it and whose authority it is.
    depth: u32,
    /// The credential that it ends with.
    key: Option<String>,
    /// The token that it was exchanged from, and ends with.
    token: Option<String>,
    /// The task, where it is one.
    task: Option<String>,
    /// What it is for.
    purpose: String,
    /// What may be done.
    scopes: Vec<String>,
    /// At which APIs.
    resources: Vec<String>,
    /// Which operations, where that is narrower.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Vec<Object>>)]
    authorization_details: Option<Value>,
    /// How much may be done.
    budgets: BudgetsObject,
    /// `live`, `ended` or `expired`; what it hangs on may have ended besides.
    state: &'static str,
    /// When it ends by itself.
    #[schema(format = DateTime)]
    expires_at: String,
    /// When it was ended.
    #[schema(format = DateTime)]
    ended_at: Option<String>,
    /// By whom or why.
    ended_because: Option<String>,
    /// When it was given.
    #[schema(format = DateTime)]
    created_at: String,
}

/// A task: a grant for one purpose.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Task)]
pub(crate) struct TaskObject {
    /// Its identifier.
    #[schema(example = "tsk_01jd8m3q5r7t9v1x3z5b7d9f1h")]
    task_id: String,
    /// The grant that it is.
    #[serde(flatten)]
    grant: GrantObject,
}

impl TaskDraft {
    /// The task as it is opened.
    pub(crate) fn read(self, subject_token: Option<String>) -> Result<NewTask, Refusal> {
        let ttl_seconds = self.ttl_seconds.unwrap_or(USUAL_TTL_SECONDS);
        if !(1..=LONGEST_TTL_SECONDS).contains(&ttl_seconds) {
            return Err(Refusal::Malformed("`ttl_seconds` is 1 to 86400".to_owned()));
        }
        if self.resources.len() > RESOURCES {
            return Err(Refusal::Malformed(format!("more than {RESOURCES} resources")));
        }
        let scopes = text::scopes(&self.scopes)?;
        let form = Form {
            scope: (!scopes.is_empty()).then(|| scopes.to_string()),
            resources: self.resources,
            authorization_details: self.authorization_details.map(|it| it.to_string()),
            subject_token,
            ..Form::default()
        };
        let BudgetsObject { calls, writes, deletes } = self.budgets;
        let budgets = Budgets { calls, writes, deletes };
        Ok(NewTask { purpose: text::task(self.purpose)?, form, ttl_seconds, budgets })
    }
}

impl GrantObject {
    /// The grant as it is at this moment.
    pub(crate) fn new(grant: Grant, now: Timestamp) -> Self {
        let state = match (grant.ended_at, grant.is_live(now)) {
            (Some(_), _) => "ended",
            (None, true) => "live",
            (None, false) => "expired",
        };
        let Budgets { calls, writes, deletes } = grant.budgets;
        let named =
            (!grant.extent.details.is_empty()).then(|| details::to_claim(&grant.extent.details));
        Self {
            id: grant.id.to_string(),
            agent: grant.agent.to_string(),
            person: grant.person.map(|it| it.to_string()),
            parent: grant.parent.map(|it| it.to_string()),
            depth: grant.depth,
            key: grant.key.map(|it| it.to_string()),
            token: grant.token.map(|it| it.to_string()),
            task: grant.task.map(|it| it.to_string()),
            purpose: grant.purpose,
            scopes: text::of_scopes(&grant.extent.scopes),
            resources: grant.extent.resources,
            authorization_details: named,
            budgets: BudgetsObject { calls, writes, deletes },
            state,
            expires_at: grant.expires_at.to_string(),
            ended_at: grant.ended_at.map(|it| it.to_string()),
            ended_because: grant.ended_because,
            created_at: grant.created_at.to_string(),
        }
    }
}

impl TaskObject {
    /// The task as it is at this moment.
    pub(crate) fn new(grant: Grant, now: Timestamp) -> Self {
        let task_id = grant.task.map(|it| it.to_string()).unwrap_or_default();
        Self { task_id, grant: GrantObject::new(grant, now) }
    }
}
