//! What else a record says of its decision, beside how the request ended.

use bailiwick_domain::decision::Outcome;
use bailiwick_domain::id::ApprovalId;

use super::{MAX_TEXT_BYTES, text};

/// More about a decision; what is absent is not written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Decided<'a> {
    /// The approval that the request waits for, was refused by, or went by.
    pub approval: Option<ApprovalId>,
    /// What it would have been, where it was only observed.
    pub would_be: Option<WouldBe<'a>>,
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
        if let Some(would_be) = self.would_be {
            text(b",\"would_be\":{\"code\":", Some(would_be.code), MAX_TEXT_BYTES, out);
            text(b",\"outcome\":", Some(would_be.outcome.as_str()), MAX_TEXT_BYTES, out);
            out.push(b'}');
        }
    }
}
