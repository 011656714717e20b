//! How much of each grant's budgets is used, in the memory of this process.
//!
//! A budget is not filled up again, so what is forgotten must not be taken for unused: of a grant
//! that is older than this memory everything is refused.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use bailiwick_domain::id::GrantId;
use bailiwick_domain::time::Timestamp;

use super::asked::{Charge, Charged};
use crate::fault::Fault;

const SHARDS: usize = 64;
const MOST_PER_SHARD: usize = 65_536;
const FIRST_SWEEP: usize = 256;
/// How much longer than its grant a tally is kept: the end of a grant can be put off.
pub(super) const KEPT_SECONDS: i64 = 86_400;

pub(super) struct Tallies {
    since: Timestamp,
    shards: Vec<Mutex<Shard>>,
}

struct Shard {
    kept: HashMap<GrantId, Tally, foldhash::fast::RandomState>,
    /// How many tallies bring about the next sweep.
    sweep_at: usize,
}

#[derive(Clone, Copy)]
struct Tally {
    used: [u32; 3],
    until: Timestamp,
}

impl Tallies {
    pub(super) fn new(since: Timestamp) -> Self {
        let shard = || Mutex::new(Shard { kept: HashMap::default(), sweep_at: FIRST_SWEEP });
        Self { since, shards: std::iter::repeat_with(shard).take(SHARDS).collect() }
    }

    /// Counts the request in one after the other, and takes it back where one is exhausted: never
    /// more is admitted than there is, if sometimes less for the moment that this takes.
    pub(super) fn charge(
        &self,
        charges: &[Charge],
        amount: [u32; 3],
        now: Timestamp,
    ) -> Result<Charged, Fault> {
        for (place, charge) in charges.iter().enumerate() {
            let charged = self.charge_one(charge, amount, now);
            if !matches!(charged, Ok(Charged::Within)) {
                self.refund(charges.get(..place).unwrap_or_default(), amount);
                return charged;
            }
        }
        Ok(Charged::Within)
    }

    pub(super) fn refund(&self, charges: &[Charge], amount: [u32; 3]) {
        for charge in charges {
            let Ok(mut shard) = self.lock(charge.grant) else { continue };
            if let Some(tally) = shard.kept.get_mut(&charge.grant) {
                for (used, back) in tally.used.iter_mut().zip(amount) {
                    *used = used.saturating_sub(back);
                }
            }
        }
    }

    fn charge_one(
        &self,
        charge: &Charge,
        amount: [u32; 3],
        now: Timestamp,
    ) -> Result<Charged, Fault> {
        if charge.given_at < self.since {
            return Ok(Charged::Forgotten);
        }
        let mut shard = self.lock(charge.grant)?;
        let known = shard.kept.get(&charge.grant);
        let mut used = known.map_or([0; 3], |tally| tally.used);
        let budgets = charge.budgets.named();
        for (which, ((used, more), (_, most))) in
            used.iter_mut().zip(amount).zip(budgets).enumerate()
        {
            *used = used.saturating_add(more);
            if more > 0 && most.is_some_and(|most| *used > most) {
                return Ok(Charged::Exhausted(which));
            }
        }
        if known.is_none() {
            shard.make_room(now)?;
        }
        let until = charge.until.plus_seconds(KEPT_SECONDS);
        shard.kept.insert(charge.grant, Tally { used, until });
        Ok(Charged::Within)
    }

    fn lock(&self, grant: GrantId) -> Result<MutexGuard<'_, Shard>, Fault> {
        let low = u64::try_from(grant.bits() & u128::from(u64::MAX)).unwrap_or(0);
        let place = usize::try_from(low.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 58).unwrap_or(0);
        let shard = self.shards.get(place).ok_or_else(|| Fault::corrupt("no such shard"))?;
        Ok(shard.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Shard {
    /// Drops what nobody asks for any more, each time the number of tallies has doubled.
    fn make_room(&mut self, now: Timestamp) -> Result<(), Fault> {
        if self.kept.len() < self.sweep_at {
            return Ok(());
        }
        self.kept.retain(|_, tally| tally.until > now);
        self.sweep_at = (self.kept.len() * 2).clamp(FIRST_SWEEP, MOST_PER_SHARD);
        if self.kept.len() >= MOST_PER_SHARD {
            return Err(Fault::unavailable("the memory for budgets is full"));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_seconds(seconds)
    }

    fn charge(grant: u128, budgets: &str) -> Charge {
        Charge {
            grant: GrantId::from_bits(grant),
            budgets: budgets.parse().unwrap(),
            given_at: at(0),
            until: at(60),
        }
    }

    #[test]
    fn tallies_are_dropped_when_their_grants_are_long_over_and_not_before() {
        let tallies = Tallies::new(at(0));
        let lasting = Charge { until: at(1_000_000), ..charge(u128::MAX, "calls=1") };
        assert_eq!(tallies.charge(&[lasting], [1, 0, 0], at(0)).unwrap(), Charged::Within);
        for grant in 0..50_000 {
            let now = at(i64::try_from(grant).unwrap() * 10);
            let passing = Charge { until: now, ..charge(grant, "calls=1") };
            assert_eq!(tallies.charge(&[passing], [1, 0, 0], now).unwrap(), Charged::Within);
        }
        let kept: usize = tallies.shards.iter().map(|it| it.lock().unwrap().kept.len()).sum();
        assert!(kept < SHARDS * FIRST_SWEEP * 2, "{kept}");
        let again = tallies.charge(&[lasting], [1, 0, 0], at(500_000)).unwrap();
        assert_eq!(again, Charged::Exhausted(0));
    }

    #[test]
    fn many_threads_together_get_what_there_is() {
        let tallies = Tallies::new(at(0));
        let charges = [charge(1, "calls=1000"), charge(2, "calls=1000")];
        let ask = || {
            let fits = || tallies.charge(&charges, [1, 0, 0], at(0)).unwrap() == Charged::Within;
            (0..700).filter(|_| fits()).count()
        };
        let admitted: usize = std::thread::scope(|scope| {
            let threads = [(); 4].map(|()| scope.spawn(ask));
            threads.into_iter().map(|thread| thread.join().unwrap()).sum()
        });
        assert_eq!(admitted, 1_000);
    }
}
