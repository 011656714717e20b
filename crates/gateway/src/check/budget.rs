//! The agent stays within its rate, its own and the operation's, and within what it was granted in
//! all: the calls, writes and deletes of its task, and of every grant above.

use bailiwick_domain::denial::{Denial, Exhausted};
use bailiwick_domain::grant::Budgets;
use bailiwick_domain::limit::Limit;
use bailiwick_domain::time::Timestamp;
use bailiwick_store::fast::{Bucket, Charge, Charged, Reserved, Standing, Use};

use super::delegation::Actor;
use super::operation::Wanted;
use super::policy::Allowed;
use crate::core::Gate;

/// One request's share of its limits and budgets, taken.
#[derive(Debug, Default)]
pub struct Spend {
    uses: Vec<Use>,
    names: [&'static str; 2],
    remaining: [Option<Standing>; 2],
    charges: Vec<Charge>,
    amount: [u32; 3],
}

/// Takes one request from every limit and every budget that applies, or from none.
pub async fn reserve(
    actor: &Actor,
    wanted: &Wanted,
    _: Allowed,
    at: Timestamp,
    gate: &Gate<'_>,
) -> Result<Spend, Denial> {
    let mut spend = Spend::of(actor, wanted);
    if !spend.uses.is_empty() {
        spend.remaining = spend.within_limits(at, gate).await?;
    }
    if spend.charges.is_empty() {
        return Ok(spend);
    }
    match charge(&spend, at, gate).await {
        Ok(()) => Ok(spend),
        Err(denial) => {
            spend.charges.clear();
            spend.release(at, gate).await;
            Err(denial)
        }
    }
}

/// Counts the request in the budgets, which are not filled up again: so of a grant that is older
/// than what is remembered, everything counts as used.
async fn charge(spend: &Spend, at: Timestamp, gate: &Gate<'_>) -> Result<(), Denial> {
    match gate.core.fast.charge(&spend.charges, spend.amount, at).await {
        Ok(Charged::Within) => Ok(()),
        Ok(Charged::Exhausted(0)) => Err(Denial::BudgetExhausted("no calls are left")),
        Ok(Charged::Exhausted(1)) => Err(Denial::BudgetExhausted("no writes are left")),
        Ok(Charged::Exhausted(_)) => Err(Denial::BudgetExhausted("no deletes are left")),
        Ok(Charged::Forgotten) => {
            Err(Denial::BudgetExhausted("what was used before the gateway forgot is not known"))
        }
        Err(fault) => {
            tracing::error!(%fault, "budgets cannot be asked; refusing");
            Err(Denial::Unavailable)
        }
    }
}

impl Spend {
    /// What a constant permit takes: nothing.
    #[cfg(feature = "constant-permit")]
    pub(super) fn constant() -> Self {
        Self::default()
    }

    fn of(actor: &Actor, wanted: &Wanted) -> Self {
        let agent = actor.agent();
        let operation = wanted.operation();
        let mut spend = Self { names: ["operation"; 2], ..Self::default() };
        if let Some(limit) = agent.limit {
            spend.names = ["agent", "operation"];
            spend.uses.push(Use { bucket: Bucket { agent: agent.id, operation: 0 }, limit });
        }
        if let Some(limit) = operation.limit {
            let bucket = Bucket { agent: agent.id, operation: operation.fingerprint() };
            spend.uses.push(Use { bucket, limit });
        }
        let counted = actor.grants().filter(|grant| !grant.budgets.is_empty());
        spend.charges.extend(counted.map(|grant| Charge {
            grant: grant.id,
            budgets: grant.budgets,
            given_at: grant.created_at,
            until: grant.expires_at,
        }));
        spend.amount = Budgets::counted(&operation.method);
        spend
    }

    async fn within_limits(
        &self,
        at: Timestamp,
        gate: &Gate<'_>,
    ) -> Result<[Option<Standing>; 2], Denial> {
        match gate.core.fast.reserve(&self.uses, at).await {
            Ok(Reserved::Within { remaining }) => Ok(remaining),
            Ok(Reserved::Exhausted { which, retry_after_millis }) => {
                Err(self.exhausted(which, retry_after_millis))
            }
            Err(fault) => {
                tracing::error!(%fault, "limits cannot be asked; refusing");
                Err(Denial::Unavailable)
            }
        }
    }

    /// Gives back what was taken: the request did not go through for another reason.
    pub(super) async fn release(self, reserved_at: Timestamp, gate: &Gate<'_>) {
        let (fast, now) = (&gate.core.fast, gate.core.clock.now());
        if !self.uses.is_empty()
            && let Err(fault) = fast.release(&self.uses, reserved_at, now).await
        {
            tracing::warn!(%fault, "a limit was not given back");
        }
        if !self.charges.is_empty()
            && let Err(fault) = fast.refund(&self.charges, self.amount, now).await
        {
            tracing::warn!(%fault, "a budget was not given back");
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
