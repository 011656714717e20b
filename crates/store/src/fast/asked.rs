//! What is asked of [`super::Fast`], and what it answers.

use bailiwick_domain::grant::Budgets;
use bailiwick_domain::id::{AgentId, GrantId, KeyId};
use bailiwick_domain::limit::Limit;
use bailiwick_domain::time::Timestamp;

/// The most limits one request is held to.
pub const MOST_USES: usize = 2;

/// A nonce as presented: one key may use it once.
#[derive(Debug, Clone, Copy)]
pub struct Nonce<'a> {
    /// The key that proved it.
    pub key: KeyId,
    /// Its text; the caller has bounded it.
    pub text: &'a str,
    /// When the proof says that it was made.
    pub created_at: Timestamp,
    /// Until when the proof could be accepted again, skew included.
    pub until: Timestamp,
}

/// What one limit counts: an agent's calls of one operation, or all of its calls; or what someone
/// asks who is no agent yet ([`Bucket::of_stranger`]).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Bucket {
    /// Whose calls.
    pub agent: AgentId,
    /// The operation's fingerprint; 0 for the agent as a whole.
    pub operation: u64,
}

impl Bucket {
    /// What someone asks who has no identifier yet: `what` says in which respect (never 0), and
    /// `whose` is 128 bits that tell one from another, unpredictable ones or an address.
    pub const fn of_stranger(whose: u128, what: u64) -> Self {
        Self { agent: AgentId::from_bits(whose), operation: what }
    }
}

/// One request counted against one limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Use {
    /// What is counted.
    pub bucket: Bucket,
    /// How much may be.
    pub limit: Limit,
}

/// What a limit has left, as the `RateLimit` field says it
/// (draft-ietf-httpapi-ratelimit-headers-10, section 4).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    /// `r`: how many requests could follow at once.
    pub remaining: u32,
    /// `t`: in how many seconds the whole quota is there again.
    pub reset_seconds: u32,
}

/// Whether a request fits into its limits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reserved {
    /// It does, and is counted in each; in the order of the uses, what is left.
    Within {
        /// One for each use.
        remaining: [Option<Standing>; MOST_USES],
    },
    /// It does not, and is counted in none.
    Exhausted {
        /// Which of the uses does not fit; if both, the one with the longer wait.
        which: usize,
        /// In how many milliseconds it would.
        retry_after_millis: u64,
    },
}

/// The budgets of one grant, which a request is counted against.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Charge {
    /// Whose budgets.
    pub grant: GrantId,
    /// How much there is in all.
    pub budgets: Budgets,
    /// When it was given: what was used of one that is older than what is remembered, nobody knows.
    pub given_at: Timestamp,
    /// When it ends, and need not be remembered any longer.
    pub until: Timestamp,
}

/// Whether a request fits into the budgets that it is charged to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Charged {
    /// It does, and is counted in each.
    Within,
    /// It does not, and is counted in none: which of calls, writes and deletes (0, 1, 2) is used
    /// up.
    Exhausted(usize),
    /// A grant is older than what is remembered; the request is counted in none.
    Forgotten,
}
