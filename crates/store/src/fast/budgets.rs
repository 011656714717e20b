//! How much of each limit is used, in the memory of this process.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use bailiwick_domain::time::Timestamp;

use super::asked::{Bucket, MOST_USES, Reserved, Use};
use super::rate::Level;
use crate::fault::Fault;

const SHARDS: usize = 64;
const MOST_PER_SHARD: usize = 65_536;
const FIRST_SWEEP: usize = 256;

pub(super) struct Budgets {
    shards: Vec<Mutex<Shard>>,
}

struct Shard {
    kept: HashMap<Bucket, Kept, foldhash::fast::RandomState>,
    /// How many buckets bring about the next sweep.
    sweep_at: usize,
}

#[derive(Clone, Copy)]
struct Kept {
    level: Level,
    empty_at: Timestamp,
}

impl Default for Budgets {
    fn default() -> Self {
        Self { shards: std::iter::repeat_with(Mutex::default).take(SHARDS).collect() }
    }
}

impl Default for Shard {
    fn default() -> Self {
        Self { kept: HashMap::default(), sweep_at: FIRST_SWEEP }
    }
}

impl Budgets {
    pub(super) fn reserve(&self, uses: &[Use], now: Timestamp) -> Result<Reserved, Fault> {
        let mut shards = self.lock(uses);
        let mut poured = [None; MOST_USES];
        let mut exhausted: Option<(usize, u64)> = None;
        for (which, (used, slot)) in uses.iter().zip(&mut poured).enumerate() {
            match shards.of(used.bucket)?.level(used, now).pour(used.limit, now) {
                Ok(level) => *slot = Some(level),
                Err(full) if exhausted.is_none_or(|(_, wait)| full.wait_millis > wait) => {
                    exhausted = Some((which, full.wait_millis));
                }
                Err(_) => {}
            }
        }
        if let Some((which, retry_after_millis)) = exhausted {
            return Ok(Reserved::Exhausted { which, retry_after_millis });
        }
        for used in uses {
            shards.of(used.bucket)?.make_room(now)?;
        }
        let mut remaining = [None; MOST_USES];
        for ((used, level), slot) in uses.iter().zip(poured).zip(&mut remaining) {
            let Some(level) = level else { continue };
            shards.of(used.bucket)?.keep(used, level);
            *slot = Some(level.standing(used.limit));
        }
        Ok(Reserved::Within { remaining })
    }

    pub(super) fn release(&self, uses: &[Use], reserved_at: Timestamp, now: Timestamp) {
        let mut shards = self.lock(uses);
        for used in uses {
            let Ok(shard) = shards.of(used.bucket) else { continue };
            let level = shard.level(used, now);
            shard.keep(used, level.give_back(used.limit, reserved_at, now));
        }
    }

    /// Locks the shards of one or two buckets, always the lower first.
    fn lock(&self, uses: &[Use]) -> Locked<'_> {
        let places = || uses.iter().map(|used| place(used.bucket));
        let (low, high) = (places().min().unwrap_or(0), places().max().unwrap_or(0));
        let lock = |place: usize| {
            let shard = self.shards.get(place)?;
            Some((place, shard.lock().unwrap_or_else(PoisonError::into_inner)))
        };
        Locked([lock(low), if low == high { None } else { lock(high) }])
    }
}

struct Locked<'a>([Option<(usize, MutexGuard<'a, Shard>)>; 2]);

impl Locked<'_> {
    fn of(&mut self, bucket: Bucket) -> Result<&mut Shard, Fault> {
        let wanted = place(bucket);
        let mut locked = self.0.iter_mut().flatten();
        let shard = locked.find(|(place, _)| *place == wanted).map(|(_, shard)| &mut **shard);
        shard.ok_or_else(|| Fault::corrupt("no such shard"))
    }
}

impl Shard {
    fn level(&self, used: &Use, now: Timestamp) -> Level {
        let kept = self.kept.get(&used.bucket);
        kept.map_or(Level::empty(now), |kept| kept.level.drain(used.limit, now))
    }

    fn keep(&mut self, used: &Use, level: Level) {
        if level.units == 0 {
            self.kept.remove(&used.bucket);
            return;
        }
        let empty_at = level.empty_at(used.limit);
        self.kept.insert(used.bucket, Kept { level, empty_at });
    }

    /// Drops what has drained, each time the number of buckets has doubled.
    fn make_room(&mut self, now: Timestamp) -> Result<(), Fault> {
        if self.kept.len() < self.sweep_at {
            return Ok(());
        }
        self.kept.retain(|_, kept| kept.empty_at > now);
        self.sweep_at = (self.kept.len() * 2).clamp(FIRST_SWEEP, MOST_PER_SHARD);
        if self.kept.len() >= MOST_PER_SHARD {
            return Err(Fault::unavailable("the memory for limits is full"));
        }
        Ok(())
    }
}

fn place(bucket: Bucket) -> usize {
    let low = u64::try_from(bucket.agent.bits() & u128::from(u64::MAX)).unwrap_or(0);
    let mixed = (low ^ bucket.operation).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    usize::try_from(mixed >> 58).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use bailiwick_domain::id::AgentId;

    fn used(agent: u128, limit: &str) -> Use {
        let bucket = Bucket { agent: AgentId::from_bits(agent), operation: 0 };
        Use { bucket, limit: limit.parse().unwrap() }
    }

    fn kept(budgets: &Budgets) -> usize {
        budgets.shards.iter().map(|shard| shard.lock().unwrap().kept.len()).sum()
    }

    #[test]
    fn buckets_that_have_drained_are_dropped_and_others_never() {
        let budgets = Budgets::default();
        let rare = used(u128::MAX, "1/d");
        budgets.reserve(&[rare], Timestamp::from_seconds(0)).unwrap();
        for agent in 0..200_000 {
            let now = Timestamp::from_seconds(i64::try_from(agent / 1_000).unwrap());
            budgets.reserve(&[used(agent, "10/s")], now).unwrap();
        }
        assert!(kept(&budgets) < SHARDS * FIRST_SWEEP * 2, "{}", kept(&budgets));
        let again = budgets.reserve(&[rare], Timestamp::from_seconds(300)).unwrap();
        assert!(matches!(again, Reserved::Exhausted { which: 0, .. }));
    }

    #[test]
    fn a_full_memory_refuses_and_drops_nothing() {
        let budgets = Budgets::default();
        let now = Timestamp::from_seconds(0);
        let mut shard = budgets.shards[place(used(1, "1/d").bucket)].lock().unwrap();
        for agent in (2..).take(MOST_PER_SHARD) {
            shard.keep(&used(agent, "1/d"), Level { units: 1, at: now });
        }
        shard.sweep_at = MOST_PER_SHARD;
        drop(shard);
        assert!(budgets.reserve(&[used(1, "1/d")], now).is_err());
        assert_eq!(kept(&budgets), MOST_PER_SHARD);
        let drained = Timestamp::from_seconds(86_400);
        assert!(budgets.reserve(&[used(1, "1/d")], drained).is_ok());
        assert_eq!(kept(&budgets), 1);
    }

    #[test]
    fn many_threads_together_get_what_one_would() {
        let budgets = Budgets::default();
        let now = Timestamp::from_seconds(0);
        let ask = |first: u128, second: u128| {
            let uses = [used(first, "1000/d"), used(second, "1000/d")];
            let fits = || matches!(budgets.reserve(&uses, now), Ok(Reserved::Within { .. }));
            (0..700).filter(|_| fits()).count()
        };
        let admitted: usize = std::thread::scope(|scope| {
            let threads = [(1, 2), (2, 1), (1, 2), (2, 1)];
            let threads = threads.map(|(first, second)| scope.spawn(move || ask(first, second)));
            threads.into_iter().map(|thread| thread.join().unwrap()).sum()
        });
        assert_eq!(admitted, 1_000);
    }
}
