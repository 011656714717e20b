//! The agent stays within its rate: its own, over all operations, and the operation's.

use bailiwick_domain::denial::{Denial, Exhausted};
use bailiwick_domain::limit::Limit;
use bailiwick_domain::time::Timestamp;
use bailiwick_store::fast::{Bucket, Reserved, Standing, Use};

use super::delegation::Actor;
use super::operation::Wanted;
use super::scope::Entitled;
use crate::core::Gate;

/// One request's share of its limits, taken.
#[derive(Debug)]
pub struct Spend {
    uses: Vec<Use>,
    names: [&'static str; 2],
    remaining: [Option<Standing>; 2],
}

/// Takes one request from every limit that applies, or from none.
pub async fn reserve(
    actor: &Actor,
    wanted: &Wanted,
    _: Entitled,
    at: Timestamp,
    gate: &Gate<'_>,
) -> Result<Spend, Denial> {
    let mut spend = Spend::of(actor, wanted);
    if spend.uses.is_empty() {
        return Ok(spend);
    }
    match gate.core.fast.reserve(&spend.uses, at).await {
        Ok(Reserved::Within { remaining }) => {
            spend.remaining = remaining;
            Ok(spend)
        }
        Ok(Reserved::Exhausted { which, retry_after_millis }) => {
            Err(spend.exhausted(which, retry_after_millis))
        }
        Err(fault) => {
            tracing::error!(%fault, "limits cannot be asked; refusing");
            Err(Denial::Unavailable)
        }
    }
}

impl Spend {
    /// What a constant permit takes: nothing.
    #[cfg(feature = "constant-permit")]
    pub(super) fn constant() -> Self {
        Self { uses: Vec::new(), names: ["operation"; 2], remaining: [None; 2] }
    }

    fn of(actor: &Actor, wanted: &Wanted) -> Self {
        let agent = actor.agent();
        let operation = wanted.operation();
        let mut spend = Self { uses: Vec::new(), names: ["operation"; 2], remaining: [None; 2] };
        if let Some(limit) = agent.limit {
            spend.names = ["agent", "operation"];
            spend.uses.push(Use { bucket: Bucket { agent: agent.id, operation: 0 }, limit });
        }
        if let Some(limit) = operation.limit {
            let bucket = Bucket { agent: agent.id, operation: operation.fingerprint() };
            spend.uses.push(Use { bucket, limit });
        }
        spend
    }

    /// Gives back what was taken: the request did not go through for another reason.
    pub(super) async fn release(self, reserved_at: Timestamp, gate: &Gate<'_>) {
        if self.uses.is_empty() {
            return;
        }
        let now = gate.core.clock.now();
        if let Err(fault) = gate.core.fast.release(&self.uses, reserved_at, now).await {
            tracing::warn!(%fault, "a limit was not given back");
        }
    }

    /// The limits that apply, by name, and what is left of each.
    pub fn remaining(&self) -> impl Iterator<Item = (&'static str, Limit, Standing)> {
        let named = self.names.iter().zip(&self.uses).zip(self.remaining);
        named.filter_map(|((name, taken), left)| left.map(|left| (*name, taken.limit, left)))
    }

    fn exhausted(&self, which: usize, retry_after_millis: u64) -> Denial {
        let (Some(taken), Some(policy)) = (self.uses.get(which), self.names.get(which)) else {
            return Denial::Unavailable;
        };
        Denial::RateLimited(Exhausted {
            policy,
            quota: taken.limit.requests(),
            window_seconds: taken.limit.period_seconds(),
            retry_after_seconds: retry_after_millis.div_ceil(1_000).max(1),
        })
    }
}
