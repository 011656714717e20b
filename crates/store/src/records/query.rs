//! What can be asked, and what is answered.

use bailiwick_domain::decision::Outcome;
use bailiwick_domain::id::{AgentId, GrantId, PersonId, RecordId, TaskId};
use bailiwick_domain::time::Timestamp;

/// The most records one search answers with.
pub const MAX_RECORDS: u32 = 1_000;

/// What is searched for; what is absent is not asked.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Query {
    /// Records of this agent.
    pub agent: Option<AgentId>,
    /// Records with this denial code, or that would have had it.
    pub code: Option<String>,
    /// Records that ended like this.
    pub outcome: Option<Outcome>,
    /// Records of requests that this policy decided, or would have decided, were it no shadow.
    pub policy: Option<String>,
    /// Records of requests that were only observed, and would have ended like this.
    pub would_be: Option<Outcome>,
    /// Records of requests that arrived at this instant or later.
    pub since: Option<Timestamp>,
    /// Records of this API.
    pub api: Option<String>,
    /// Records of this operation.
    pub operation: Option<String>,
    /// Records of what was done on behalf of this subject: a person's id, or an agent's subject.
    pub on_behalf_of: Option<String>,
    /// Records of this task.
    pub task: Option<TaskId>,
    /// In which order they are answered.
    pub order: Order,
    /// Goes on after the record at this index, in that order.
    pub after: Option<u64>,
    /// The most that are answered: 1 to [`MAX_RECORDS`].
    pub limit: u32,
}

/// What is searched for that was done by a grant and all below it, newest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Under {
    /// The grant.
    pub grant: GrantId,
    /// The person who gave it: only what was done on their behalf.
    pub person: PersonId,
    /// Goes on with what is older than the record at this index.
    pub after: Option<u64>,
    /// The most that are answered: 1 to [`MAX_RECORDS`].
    pub limit: u32,
}

/// An order of records by their place in the ledger.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Order {
    /// To look back.
    #[default]
    NewestFirst,
    /// To follow.
    OldestFirst,
}

/// A record and its place in the ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// Its place.
    pub index: u64,
    /// Its text: canonical JSON.
    pub text: String,
}

/// What records are wanted.
#[derive(Debug, Clone, Copy)]
pub(super) enum Wanted<'a> {
    Matching(&'a Query),
    Id(RecordId),
}
