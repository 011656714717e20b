//! Nonces seen by this process.
//!
//! A nonce is remembered as 64 bits of `SipHash` over key and text, under a key drawn when the
//! process starts. Two nonces that share their 64 bits cost the second a refusal, never a replay;
//! with the memory full that happens to one request in four trillion, and nobody who lacks the hash
//! key can look for such a pair.

use std::collections::hash_map::RandomState;
use std::collections::{BTreeMap, HashSet};
use std::hash::{BuildHasher, BuildHasherDefault, Hasher};
use std::sync::{Mutex, PoisonError};

use bailiwick_domain::time::Timestamp;

use super::asked::Nonce;
use crate::fault::Fault;

const SHARDS: usize = 64;
/// Full, the memory holds about 150 MiB: some 60,000 requests a second with the default window.
const MOST: usize = 4_000_000;
/// Nonces are forgotten together, when the last of their slot has expired.
const SLOT_MILLIS: i64 = 4_000;

pub(super) struct Nonces {
    since: Timestamp,
    hashes: RandomState,
    shards: Vec<Mutex<Shard>>,
    most_per_shard: usize,
}

#[derive(Default)]
struct Shard {
    seen: HashSet<u64, BuildHasherDefault<Hashed>>,
    slots: BTreeMap<i64, Vec<u64>>,
    /// Every nonce of this slot and those before has been forgotten.
    forgotten: Option<i64>,
}

impl Nonces {
    pub(super) fn new(since: Timestamp) -> Self {
        Self::holding(MOST, since)
    }

    fn holding(most: usize, since: Timestamp) -> Self {
        Self {
            since,
            hashes: RandomState::new(),
            shards: std::iter::repeat_with(Mutex::default).take(SHARDS).collect(),
            most_per_shard: most.div_ceil(SHARDS),
        }
    }

    pub(super) fn remembers(&self, made_at: Timestamp) -> bool {
        made_at.as_seconds() >= self.since.as_seconds()
    }

    pub(super) fn spend(&self, nonce: &Nonce<'_>, now: Timestamp) -> Result<bool, Fault> {
        if !self.remembers(nonce.created_at) {
            return Err(Fault::unavailable("the proof is older than what is remembered of nonces"));
        }
        let hash = self.hashes.hash_one((nonce.key.bits(), nonce.text));
        // The set uses the lowest and the highest bits; shards are chosen by others.
        let place = usize::try_from(hash >> 40).unwrap_or(0) % SHARDS;
        let Some(shard) = self.shards.get(place) else {
            return Err(Fault::corrupt("no such shard"));
        };
        let mut shard = shard.lock().unwrap_or_else(PoisonError::into_inner);
        shard.forget(now);
        shard.spend(hash, nonce.until, self.most_per_shard)
    }
}

impl Shard {
    fn spend(&mut self, hash: u64, until: Timestamp, most: usize) -> Result<bool, Fault> {
        let slot = slot_after(until);
        // When a clock goes back, what was forgotten could be accepted again; it is not.
        if self.forgotten.is_some_and(|forgotten| slot <= forgotten) || self.seen.contains(&hash) {
            return Ok(false);
        }
        if self.seen.len() >= most {
            return Err(Fault::unavailable("the memory for nonces is full"));
        }
        self.seen.insert(hash);
        self.slots.entry(slot).or_default().push(hash);
        Ok(true)
    }

    /// Forgets the slots that ended by now: costs what expires.
    fn forget(&mut self, now: Timestamp) {
        let ended = now.as_millis().div_euclid(SLOT_MILLIS);
        self.forgotten = self.forgotten.max(Some(ended));
        while let Some(slot) = self.slots.first_entry().filter(|slot| *slot.key() <= ended) {
            for hash in slot.remove() {
                self.seen.remove(&hash);
            }
        }
    }
}

/// The number of the slot that ends at this instant or next after it.
fn slot_after(until: Timestamp) -> i64 {
    until.as_millis().saturating_add(SLOT_MILLIS - 1).div_euclid(SLOT_MILLIS)
}

/// Passes on what has been hashed already.
#[derive(Default)]
struct Hashed(u64);

impl Hasher for Hashed {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        self.0 = bytes.iter().fold(self.0, |hash, byte| hash.rotate_left(8) ^ u64::from(*byte));
    }

    fn write_u64(&mut self, hash: u64) {
        self.0 = hash;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bailiwick_domain::id::KeyId;

    fn at(millis: i64) -> Timestamp {
        Timestamp::from_millis(millis)
    }

    fn nonce(text: &str, until: i64) -> Nonce<'_> {
        Nonce { key: KeyId::from_bits(1), text, created_at: at(until - 60_000), until: at(until) }
    }

    fn held(nonces: &Nonces) -> usize {
        nonces.shards.iter().map(|shard| shard.lock().unwrap().seen.len()).sum()
    }

    #[test]
    fn a_nonce_is_fresh_once_for_each_key_until_it_has_expired() {
        let nonces = Nonces::new(at(0));
        let other = Nonce { key: KeyId::from_bits(2), ..nonce("a", 100_000) };
        assert!(nonces.spend(&nonce("a", 100_000), at(40_000)).unwrap());
        assert!(!nonces.spend(&nonce("a", 100_000), at(40_000)).unwrap());
        assert!(!nonces.spend(&nonce("a", 110_000), at(99_999)).unwrap());
        assert!(nonces.spend(&other, at(40_000)).unwrap());
        assert!(nonces.spend(&nonce("b", 100_000), at(40_000)).unwrap());
        assert!(nonces.spend(&nonce("a", 160_000), at(104_000)).unwrap());
    }

    #[test]
    fn a_clock_that_goes_back_brings_no_forgotten_nonce_to_life() {
        let nonces = Nonces::new(at(0));
        assert!(nonces.spend(&nonce("a", 100_000), at(40_000)).unwrap());
        for touch in 0..1_000 {
            let text = touch.to_string();
            assert!(nonces.spend(&nonce(&text, 300_000), at(200_000)).unwrap());
        }
        assert!(!nonces.spend(&nonce("a", 100_000), at(50_000)).unwrap());
    }

    #[test]
    fn what_has_expired_already_is_not_fresh() {
        let nonces = Nonces::new(at(0));
        assert!(!nonces.spend(&nonce("a", 100_000), at(100_000)).unwrap());
        assert!(!nonces.spend(&nonce("b", 100_000), at(900_000)).unwrap());
        let ancient = Nonce { until: at(i64::MIN), ..nonce("c", 100_000) };
        assert!(!nonces.spend(&ancient, at(900_000)).unwrap());
        assert_eq!(held(&nonces), 0);
    }

    #[test]
    fn a_proof_made_before_the_memory_began_is_a_fault() {
        let nonces = Nonces::new(at(90_500));
        let made = |created| Nonce { created_at: at(created), ..nonce("a", 150_000) };
        for created in [0, 50_000, 89_999] {
            assert!(nonces.spend(&made(created), at(91_000)).is_err(), "{created}");
        }
        assert!(nonces.spend(&made(90_000), at(91_000)).unwrap());
    }

    #[test]
    fn a_full_memory_refuses_and_forgets_nothing_before_its_time() {
        let nonces = Nonces::holding(SHARDS * 8, at(0));
        let texts: Vec<String> = (0..10_000).map(|it| format!("nonce-{it}")).collect();
        let spend = |text: &String, until, now| nonces.spend(&nonce(text, until), at(now));
        let kept: Vec<_> =
            texts.iter().filter(|text| spend(text, 100_000, 40_000).is_ok()).collect();
        assert_eq!(kept.len(), SHARDS * 8);
        for text in kept {
            assert!(!spend(text, 100_000, 99_000).unwrap());
        }
        for text in &texts {
            let _ = spend(text, 200_000, 150_000);
        }
        assert_eq!(held(&nonces), SHARDS * 8, "what has expired makes room");
    }

    #[test]
    fn of_many_threads_one_is_told_that_a_nonce_is_fresh() {
        let nonces = Nonces::new(at(0));
        let texts: Vec<String> = (0..500).map(|it| it.to_string()).collect();
        let fresh: usize = std::thread::scope(|scope| {
            let spend_all = || {
                let spent =
                    |text: &&String| nonces.spend(&nonce(text, 100_000), at(50_000)).unwrap();
                texts.iter().filter(spent).count()
            };
            let threads: Vec<_> = (0..4).map(|_| scope.spawn(spend_all)).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).sum()
        });
        assert_eq!(fresh, texts.len());
    }
}
