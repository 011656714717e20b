//! What a refusal carries along, where that is more than a word.

use crate::approval::State;
use crate::id::ApprovalId;
use crate::time::Timestamp;

/// What a limit says when it is used up: the fields of `RateLimit` and `RateLimit-Policy`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Exhausted {
    /// Which limit: the agent's own or the operation's.
    pub policy: &'static str,
    /// How many requests the limit allows in its period.
    pub quota: u32,
    /// The period in seconds.
    pub window_seconds: u32,
    /// When to try again, in seconds, rounded up.
    pub retry_after_seconds: u64,
}

/// A request that people decide about: what its agent is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiting {
    /// The approval.
    pub id: ApprovalId,
    /// Where it stands: pending, or approved a moment ago.
    pub state: State,
    /// Where people see it and decide.
    pub url: String,
    /// Until when they may, or until when it may be used.
    pub expires_at: Timestamp,
    /// For how many seconds the answer was held back, where the caller asked for that.
    pub waited: Option<u32>,
}
