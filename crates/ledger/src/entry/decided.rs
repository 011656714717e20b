//! What else a record says of its decision, beside how the request ended.

use std::sync::Arc;

use bailiwick_domain::decision::Outcome;
use bailiwick_domain::id::ApprovalId;

use super::{MAX_TEXT_BYTES, text};
use crate::canonical;

/// The most policies that a record names of each list; the rest is left out.
const MAX_POLICIES: usize = 16;
/// The most bytes kept of a policy's name.
const MAX_NAME_BYTES: usize = 64;

/// More about a decision; what is absent is not written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Decided<'a> {
    /// The approval that the request waits for, was refused by, or went by.
    pub approval: Option<ApprovalId>,
    /// What the policies said, where they were asked.
    pub policies: Option<ByPolicies<'a>>,
    /// What it would have been, where it was only observed.
    pub would_be: Option<WouldBe<'a>>,
}

/// What the policies said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ByPolicies<'a> {
    /// Those that led to the decision, by name.
    pub policies: &'a [Arc<str>],
    /// The number of the version that was in force; 0 for the shipped one.
    pub version: u64,
    /// The shadow policies by which the decision would have been another.
    pub shadow: &'a [Arc<str>],
}

/// What a decision would have been that was not enforced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WouldBe<'a> {
    /// How the request would have ended.
    pub outcome: Outcome,
    /// The denial's code.
    pub code: &'a str,
}

impl Decided<'_> {
    /// Writes the members that come before `code` and `outcome`, each with a comma after it.
    pub(super) fn write_before_code(&self, out: &mut Vec<u8>) {
        if let Some(approval) = self.approval {
            out.extend_from_slice(b"\"approval\":\"");
            approval.write(out);
            out.extend_from_slice(b"\",");
        }
    }

    /// Writes the members that come after `outcome`.
    pub(super) fn write_after_outcome(&self, out: &mut Vec<u8>) {
        if let Some(ByPolicies { policies, version, shadow }) = self.policies {
            list(b",\"policies\":[", policies, out);
            out.extend_from_slice(b",\"policy_version\":");
            canonical::integer(version, out);
            if !shadow.is_empty() {
                list(b",\"shadow\":[", shadow, out);
            }
        }
        if let Some(would_be) = self.would_be {
            text(b",\"would_be\":{\"code\":", Some(would_be.code), MAX_TEXT_BYTES, out);
            text(b",\"outcome\":", Some(would_be.outcome.as_str()), MAX_TEXT_BYTES, out);
            out.push(b'}');
        }
    }
}

fn list(name: &[u8], policies: &[Arc<str>], out: &mut Vec<u8>) {
    out.extend_from_slice(name);
    for (place, policy) in policies.iter().take(MAX_POLICIES).enumerate() {
        if place > 0 {
            out.push(b',');
        }
        canonical::string(canonical::cut(policy, MAX_NAME_BYTES), out);
    }
    out.push(b']');
}
