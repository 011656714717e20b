//! The permit: what a request needs to be forwarded, once.
//!
//! Only [`crate::pipeline::admit`] makes one, out of what every check returned, and
//! [`crate::upstream::send::send`] takes it by value, or, beside another proxy,
//! [`crate::upstream::vouch::vouch`]. So none of these compiles:
//!
//! A permit cannot be forged:
//! ```compile_fail,E0451
//! use bailiwick_gateway::permit::Permit;
//! fn forge(permit: Permit) -> Permit { Permit { ..permit } }
//! ```
//! It cannot be used twice:
//! ```compile_fail,E0382
//! use bailiwick_gateway::permit::Permit;
//! fn forward(_: Permit) {}
//! fn twice(permit: Permit) { forward(permit); forward(permit); }
//! ```
//! It cannot be copied:
//! ```compile_fail,E0599
//! use bailiwick_gateway::permit::Permit;
//! fn copy(permit: &Permit) -> Permit { permit.clone() }
//! ```
//! And one does exist:
//! ```
//! use bailiwick_gateway::permit::Permit;
//! fn forward(_: Permit) {}
//! fn once(permit: Permit) { forward(permit) }
//! ```

use std::sync::Arc;

use crate::check::approval::Approved;
use crate::check::budget::Spend;
use crate::check::delegation::Actor;
use crate::check::operation::Wanted;
use crate::check::record::Receipt;

/// One permit, one request.
pub struct Permit {
    actor: Actor,
    wanted: Wanted,
    spend: Spend,
    masks: Vec<Arc<str>>,
    receipt: Receipt,
}

impl Permit {
    /// The permit of a request that has passed every check and is written down.
    pub(crate) fn new(actor: Actor, wanted: Wanted, approved: Approved, receipt: Receipt) -> Self {
        let (spend, masks) = approved.into_parts();
        Self { actor, wanted, spend, masks, receipt }
    }

    /// Who acts.
    pub fn actor(&self) -> &Actor {
        &self.actor
    }

    /// What was asked for.
    pub fn wanted(&self) -> &Wanted {
        &self.wanted
    }

    /// What was taken from the limits.
    pub fn spend(&self) -> &Spend {
        &self.spend
    }

    /// Whether fields of the answer that are labelled so may go out: the agent holds the scope
    /// `<label>:unmask`, and no policy masks them.
    pub fn clears(&self, label: &str) -> bool {
        self.actor.clears(label, &self.masks)
    }

    /// The open record.
    pub(crate) fn receipt(&self) -> &Receipt {
        &self.receipt
    }

    /// The open record, which outlives the permit until the answer has ended.
    pub(crate) fn into_receipt(self) -> Receipt {
        self.receipt
    }
}
