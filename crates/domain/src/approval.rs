//! Approvals: what people decide about one request before it goes through, once.
//!
//! An agent asks; as many people as it takes decide; the agent sends the same request again, and
//! with that the approval is used. Which approval a request goes by is in [`crate::approved`].

use std::fmt;
use std::str::FromStr;

use crate::agent::Unknown;
use crate::id::{AgentId, ApprovalId, PersonId, RecordId, TaskId};
use crate::ruling::{Decider, Decision, Ruling, Verdict};
use crate::time::Timestamp;

/// How long people may take to decide, in seconds.
pub const PENDING_SECONDS: i64 = 15 * 60;
/// How long an agent may take to send the request again once it is approved, in seconds.
pub const USE_SECONDS: i64 = 10 * 60;
/// For how many days it is told what became of an approval.
pub const KEPT_DAYS: i64 = 30;
/// The most approvals of one agent that may wait at once.
pub const MOST_PENDING: u32 = 20;
/// The most approvals one agent may ask for in a minute.
pub const MOST_A_MINUTE: u32 = 10;
/// The most people that one request may need.
pub const MOST_APPROVERS: u8 = 2;

/// What people decide about one request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Approval {
    /// Its identifier.
    pub id: ApprovalId,
    /// The request that it is for, and no other.
    pub bound: Bound,
    /// What people are told besides.
    pub told: Told,
    /// How many different people have to approve; 1 to [`MOST_APPROVERS`].
    pub approvers: u8,
    /// Where it stands, as it was last written; [`Approval::state_at`] says where it stands now.
    pub state: State,
    /// What was decided so far, in order.
    pub decisions: Vec<Decision>,
    /// When the agent asked.
    pub asked_at: Timestamp,
    /// While it is pending, until when people may decide; then until when it may be used, or until
    /// when the same request is refused.
    pub expires_at: Timestamp,
    /// When it was used.
    pub used_at: Option<Timestamp>,
}

/// What an approval is for: a request that differs in any of this is another one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bound {
    /// The agent.
    pub agent: AgentId,
    /// The subjects from the first, whose authority it is, to the agent; empty where it acts for
    /// itself.
    pub chain: Vec<String>,
    /// The method.
    pub method: String,
    /// The host, and the port where it is not the usual one.
    pub authority: String,
    /// Path and query as people see it: the values of parameters that are secrets are masked.
    pub target: String,
    /// The SHA-256 of path and query as they were sent.
    pub target_digest: [u8; 32],
    /// The SHA-256 of the body; of no bytes where there is none.
    pub body: [u8; 32],
    /// API, method and path template.
    pub operation: String,
    /// The version of the policy that it was asked under.
    pub policy: String,
}

/// In what a request differs from the one that was approved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// Who asks.
    Agent,
    /// For whom it asks.
    Chain,
    /// The method.
    Method,
    /// The host, the path or the query.
    Target,
    /// The body.
    Body,
    /// The policy, or the operation it is described as.
    Policy,
}

/// What people are told of a request, beside what the approval is bound to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// The agent's name.
    pub agent: String,
    /// Its project.
    pub project: String,
    /// Who answers for it.
    pub owner: String,
    /// The person for whom it acts, if for one.
    pub person: Option<PersonId>,
    /// The task by which it acts.
    pub task: Option<TaskId>,
    /// What the task is for, or else the agent.
    pub purpose: String,
    /// How much harm the operation can do, in the words of its description.
    pub sensitivity: String,
    /// Why people are asked.
    pub because: String,
    /// How large the body is.
    pub body_bytes: u64,
    /// What the body is said to be.
    pub content_type: Option<String>,
    /// The record of the attempt that asked.
    pub record: RecordId,
}

/// Where an approval stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum State {
    /// It waits for people.
    Pending,
    /// It may be used, once.
    Approved,
    /// Somebody refused.
    Denied,
    /// Its time was over before it was decided, or before it was used.
    Expired,
    /// The request went through.
    Used,
}

/// Why somebody cannot decide.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Undecidable {
    /// It does not wait any more.
    #[error("it is {} already", .0.as_str())]
    Closed(State),
    /// They have decided before.
    #[error("you have decided already; another person has to")]
    Twice,
    /// It is their own: the agent acts for them, or they answer for it.
    #[error("the agent acts for you, or you answer for it; another person has to decide")]
    Involved,
}

impl Approval {
    /// Where it stands at this moment.
    pub fn state_at(&self, now: Timestamp) -> State {
        match self.state {
            State::Pending | State::Approved if now >= self.expires_at => State::Expired,
            state => state,
        }
    }

    /// How many people have approved.
    pub fn approved_by(&self) -> usize {
        let approvals = self.decisions.iter().filter(|it| it.verdict == Verdict::Approve);
        approvals.count()
    }

    /// The reason it was refused for, if it was.
    pub fn refused_because(&self) -> Option<&str> {
        let refused = self.decisions.iter().find(|it| it.verdict == Verdict::Deny);
        refused.and_then(|it| it.reason.as_deref())
    }

    /// Takes in what somebody decided. Refused when it is not theirs to decide, or is over.
    pub fn decide(
        mut self,
        by: &Decider,
        ruling: Ruling,
        now: Timestamp,
    ) -> Result<Self, Undecidable> {
        match self.state_at(now) {
            State::Pending => {}
            closed => return Err(Undecidable::Closed(closed)),
        }
        if self.told.involves(by) {
            return Err(Undecidable::Involved);
        }
        let decision = ruling.by(by, now);
        if self.decisions.iter().any(|known| known.by == decision.by) {
            return Err(Undecidable::Twice);
        }
        let verdict = decision.verdict;
        self.decisions.push(decision);
        match verdict {
            Verdict::Deny => self.state = State::Denied,
            Verdict::Approve if self.approved_by() >= usize::from(self.approvers) => {
                self.state = State::Approved;
                self.expires_at = now.plus_seconds(USE_SECONDS);
            }
            Verdict::Approve => {}
        }
        Ok(self)
    }
}

impl ApprovalId {
    /// What the body that people are shown is sealed for: one that was moved to another approval
    /// does not open.
    pub fn sealed_for(self) -> String {
        format!("approval:{self}")
    }
}

impl Bound {
    /// The first part in which another request differs, if in any.
    pub fn difference(&self, other: &Self) -> Option<Part> {
        let same_target =
            self.authority == other.authority && self.target_digest == other.target_digest;
        let same = [
            (Part::Agent, self.agent == other.agent),
            (Part::Chain, self.chain == other.chain),
            (Part::Method, self.method == other.method),
            (Part::Target, same_target),
            (Part::Body, self.body == other.body),
            (Part::Policy, self.policy == other.policy && self.operation == other.operation),
        ];
        same.into_iter().find(|(_, same)| !same).map(|(part, _)| part)
    }
}

impl Told {
    /// Whether this is their own request: the agent acts for them, or they answer for it. Whoever
    /// answers for an agent is told in free text; it is held against address and name, whatever
    /// their case.
    pub fn involves(&self, decider: &Decider) -> bool {
        let owns = |text: &str| text.trim().to_lowercase() == self.owner.trim().to_lowercase();
        match decider {
            Decider::Person { id, name, email } => {
                self.person == Some(*id) || owns(name) || email.as_deref().is_some_and(owns)
            }
            Decider::Operator { name, .. } => owns(name),
        }
    }
}

impl State {
    /// Every state.
    pub const ALL: [Self; 5] =
        [Self::Pending, Self::Approved, Self::Denied, Self::Expired, Self::Used];

    /// The state as it is written everywhere.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Approved => "approved",
            Self::Denied => "denied",
            Self::Expired => "expired",
            Self::Used => "used",
        }
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for State {
    type Err = Unknown;

    fn from_str(text: &str) -> Result<Self, Unknown> {
        let found = Self::ALL.into_iter().find(|state| state.as_str() == text);
        found.ok_or_else(|| {
            Unknown::word(text, "an approval's state: pending, approved, denied, expired or used")
        })
    }
}

#[cfg(test)]
pub(crate) mod tests;
