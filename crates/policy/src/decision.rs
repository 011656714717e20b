//! What came of asking, and by which policies.

use std::sync::Arc;

use crate::policy::Policy;

/// What the policies say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// Yes.
    Allow,
    /// Yes, once so many people have agreed to exactly this.
    NeedsApproval {
        /// How many: one or two.
        approvers: u8,
    },
    /// No: one forbids it, or none permits it.
    Deny,
    /// No: something went wrong in asking.
    Error,
}

impl Decision {
    /// The decision as it is written in cases and explanations.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Allow => "allow",
            Self::NeedsApproval { .. } => "approval",
            Self::Deny => "deny",
            Self::Error => "error",
        }
    }
}

/// A decision, and what led to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The decision.
    pub decision: Decision,
    /// The policies that led to it, by their names in order: those that permit, those that ask for
    /// approval, those that forbid, or those that failed. None where none permits.
    pub policies: Vec<Arc<Policy>>,
    /// What went wrong, where something did.
    pub errors: Vec<String>,
    /// The shadow policies by which the decision would have been another.
    pub otherwise: Vec<Arc<Policy>>,
    /// The policies that mask something of the answer, where there is to be one.
    pub masking: Vec<Arc<Policy>>,
}

impl Answer {
    /// What the caller is told: the first reason that a policy which led to the decision gives.
    pub fn reason(&self) -> Option<&Arc<str>> {
        self.policies.iter().find_map(|policy| policy.reason.as_ref())
    }

    /// The labels of the fields that are masked, whatever scopes are held; each once, in order.
    pub fn masks(&self) -> Vec<Arc<str>> {
        let mut labels: Vec<_> =
            self.masking.iter().flat_map(|it| it.masks.iter().cloned()).collect();
        labels.sort_unstable();
        labels.dedup();
        labels
    }
}
