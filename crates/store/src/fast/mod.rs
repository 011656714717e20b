//! What may be forgotten, and is asked on every request: which nonces were seen, how much of each
//! limit is used, and how much of what was granted only so often. Once forgotten, what could have
//! been seen or used before counts as seen and used.
//!
//! Two arms of one enum: memory, for one process, and Redis, for several. Either one failing is a
//! [`Fault`], so the request is refused: losing Redis may cost a retry, never a check. Clocks of
//! several gateways may differ; what that costs is said in [`rate`].

mod asked;
mod budgets;
mod memory;
mod nonces;
pub mod rate;
mod redis;
mod tallies;

use std::sync::Arc;

use bailiwick_domain::time::Timestamp;

pub use self::asked::{Bucket, Charge, Charged, MOST_USES, Nonce, Reserved, Standing, Use};
use self::memory::Memory;
use self::redis::Redis;
use crate::fault::Fault;

/// Where nonces and budgets are kept. Waiting for Redis is boxed, so that requests that ask memory
/// do not carry its state.
#[derive(Clone)]
pub enum Fast {
    /// In this process. Clones share it.
    Memory(Arc<Memory>),
    /// In Redis. Clones share one connection, driven by the runtime that first used it.
    Redis(Redis),
}

impl Fast {
    /// Opens `memory` or `redis://…`; `redis://…#name` keeps apart what several installations keep
    /// in one Redis (by default `bailiwick`). Redis is not yet spoken to. A memory remembers from
    /// `now` on: proofs made before cannot be known to be fresh and are not accepted.
    pub fn open(url: &str, now: Timestamp) -> Result<Self, Fault> {
        match url {
            "memory" => Ok(Self::Memory(Arc::new(Memory::new(now)))),
            url => Redis::open(url).map(Self::Redis),
        }
    }

    /// Whether proofs made now can be known to be fresh. For a while after a quick restart they
    /// cannot, and are refused.
    pub fn is_ready(&self, now: Timestamp) -> bool {
        match self {
            Self::Memory(memory) => memory.nonces.remembers(now),
            Self::Redis(_) => true,
        }
    }

    /// The same for use on another runtime: memory is shared, Redis gets a connection of its own.
    #[must_use]
    pub fn for_this_runtime(&self) -> Self {
        match self {
            Self::Memory(memory) => Self::Memory(Arc::clone(memory)),
            Self::Redis(redis) => Self::Redis(redis.apart()),
        }
    }

    /// Whether the nonce is fresh; from now until [`Nonce::until`] it is not. Of several that ask
    /// at once, one is told that it is (RFC 9421, section 7.2.2). A fault when nobody can know: the
    /// proof is older than the memory, which a restart or a lost Redis empties.
    pub async fn spend_nonce(&self, nonce: &Nonce<'_>, now: Timestamp) -> Result<bool, Fault> {
        if nonce.until <= now {
            return Ok(false);
        }
        match self {
            Self::Memory(memory) => memory.nonces.spend(nonce, now),
            Self::Redis(redis) => Box::pin(redis.spend_nonce(nonce, now)).await,
        }
    }

    /// Counts one request in each of at most [`MOST_USES`] limits, or in none.
    pub async fn reserve(&self, uses: &[Use], now: Timestamp) -> Result<Reserved, Fault> {
        match (uses.len(), self) {
            (0, _) => Ok(Reserved::Within { remaining: [None; MOST_USES] }),
            (1..=MOST_USES, Self::Memory(memory)) => memory.budgets.reserve(uses, now),
            (1..=MOST_USES, Self::Redis(redis)) => Box::pin(redis.reserve(uses, now)).await,
            (_, _) => Err(Fault::unavailable("a request is held to too many limits")),
        }
    }

    /// Counts one request, by what it counts as (`Budgets::counted`), in the budgets of each grant,
    /// or in none.
    pub async fn charge(
        &self,
        charges: &[Charge],
        amount: [u32; 3],
        now: Timestamp,
    ) -> Result<Charged, Fault> {
        match self {
            Self::Memory(memory) => memory.tallies.charge(charges, amount, now),
            Self::Redis(redis) => Box::pin(redis.charge(charges, amount, now)).await,
        }
    }

    /// Gives back what [`Fast::charge`] counted: the request was not let through after all.
    pub async fn refund(
        &self,
        charges: &[Charge],
        amount: [u32; 3],
        now: Timestamp,
    ) -> Result<(), Fault> {
        match self {
            Self::Memory(memory) => {
                memory.tallies.refund(charges, amount);
                Ok(())
            }
            Self::Redis(redis) => Box::pin(redis.refund(charges, amount, now)).await,
        }
    }

    /// Gives back what [`Fast::reserve`] counted at `reserved_at`: the request was not let through
    /// after all. What has drained since is not given back, so nobody gains by it.
    pub async fn release(
        &self,
        uses: &[Use],
        reserved_at: Timestamp,
        now: Timestamp,
    ) -> Result<(), Fault> {
        match self {
            Self::Memory(memory) => {
                memory.budgets.release(uses, reserved_at, now);
                Ok(())
            }
            Self::Redis(redis) => Box::pin(redis.release(uses, reserved_at, now)).await,
        }
    }
}
