//! Observe mode: a request to an API that is only observed goes through although it would have been
//! refused. It is written down first, like every other, with what it would have been.
//!
//! Nothing is said to the upstream of who calls, because nobody was admitted. An API in front of
//! which the gateway was put yesterday has callers with credentials of their own, so what the
//! gateway does not know is left to it; what is the gateway's own is taken out all the same.

use std::sync::Arc;

use bailiwick_domain::denial::Denial;

use crate::asked::Asked;
use crate::check::record::{self, Receipt};
use crate::core::Gate;
use crate::permit::Permit;
use crate::routes::Routed;

/// A request that would have been refused, written down, to be forwarded once.
pub struct Observed {
    api: Arc<Routed>,
    receipt: Receipt,
    is_known: bool,
}

/// What lets a request leave, once.
#[expect(clippy::large_enum_variant, reason = "there is one a request, and most are admitted")]
pub enum Leave {
    /// It was admitted.
    Admitted(Permit),
    /// It was observed.
    Observed(Observed),
}

impl Observed {
    /// Lets the request through, if it is to an API that is only observed, can still be sent whole,
    /// and is written down; if not, why it is refused.
    pub(crate) async fn open(
        asked: &Asked,
        denial: Denial,
        gate: &Gate<'_>,
    ) -> Result<Self, Denial> {
        let Some(api) = gate.world.apis.find(asked.host(), asked.target.path()) else {
            return Err(denial);
        };
        if !api.api.mode.observes() || !asked.payload.forgo_checks() {
            return Err(denial);
        }
        let known = asked.facts.known();
        let receipt = record::open_observed(asked, (&api.api.name, &denial), gate).await?;
        Ok(Self { api: Arc::clone(api), receipt, is_known: known.agent.is_some() })
    }

    /// Whether the caller's credential is one of an agent here.
    pub(crate) fn is_known(&self) -> bool {
        self.is_known
    }
}

impl Leave {
    /// The API that it goes to.
    pub fn api(&self) -> &Routed {
        match self {
            Self::Admitted(permit) => permit.wanted().api(),
            Self::Observed(observed) => &observed.api,
        }
    }

    /// The permit, if the request was admitted.
    pub fn permit(&self) -> Option<&Permit> {
        match self {
            Self::Admitted(permit) => Some(permit),
            Self::Observed(_) => None,
        }
    }

    /// The open record.
    pub(crate) fn receipt(&self) -> &Receipt {
        match self {
            Self::Admitted(permit) => permit.receipt(),
            Self::Observed(observed) => &observed.receipt,
        }
    }

    /// The open record, which outlives the rest until the answer has ended.
    pub(crate) fn into_receipt(self) -> Receipt {
        match self {
            Self::Admitted(permit) => permit.into_receipt(),
            Self::Observed(observed) => observed.receipt,
        }
    }
}
