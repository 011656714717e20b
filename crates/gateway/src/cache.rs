//! What was verified before, and need not be again while it is valid. Whether agent and key still
//! stand is asked of the world on every request.

use std::collections::HashMap;

use bailiwick_domain::time::Timestamp;
use foldhash::fast::RandomState;

/// What texts verified to, on one core, bounded: when the newer half is full the older half is
/// dropped.
///
/// The map compares whole texts, so nothing but the very string that verified is found; its hash is
/// keyed at random, and only what verified is kept, so nobody chooses what collides.
#[derive(Debug)]
pub struct Seen<V> {
    edition: u64,
    newer: HashMap<Box<str>, Kept<V>, RandomState>,
    older: HashMap<Box<str>, Kept<V>, RandomState>,
    half: usize,
}

#[derive(Debug)]
struct Kept<V> {
    value: V,
    until: Timestamp,
}

impl<V: Clone> Seen<V> {
    /// Room for at most `capacity` texts.
    pub fn new(capacity: usize) -> Self {
        Self {
            edition: 0,
            newer: HashMap::default(),
            older: HashMap::default(),
            half: capacity.div_ceil(2),
        }
    }

    /// What the text verified to, if it did before, by this edition of the keys, and has not
    /// expired.
    pub fn find(&mut self, edition: u64, text: &str, now: Timestamp) -> Option<V> {
        self.turn_to(edition);
        if let Some(kept) = self.newer.get(text) {
            return (now < kept.until).then(|| kept.value.clone());
        }
        let (text, kept) = self.older.remove_entry(text)?;
        if now >= kept.until {
            return None;
        }
        let value = kept.value.clone();
        self.keep(text, kept);
        Some(value)
    }

    /// Keeps what a text has just verified to, by this edition of the keys, until an instant.
    pub fn insert(&mut self, edition: u64, text: &str, value: V, until: Timestamp) {
        self.turn_to(edition);
        self.keep(text.into(), Kept { value, until });
    }

    /// Forgets everything when the keys that it was verified by have changed.
    fn turn_to(&mut self, edition: u64) {
        if self.edition != edition {
            self.edition = edition;
            self.newer.clear();
            self.older.clear();
        }
    }

    fn keep(&mut self, text: Box<str>, kept: Kept<V>) {
        if self.newer.len() >= self.half {
            self.older = std::mem::take(&mut self.newer);
        }
        self.newer.insert(text, kept);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_seen_is_found_until_its_time_its_edition_or_its_place_is_over() {
        let at = Timestamp::from_seconds;
        let mut seen = Seen::new(4);
        seen.insert(1, "a", 'a', at(10));
        assert_eq!(seen.find(1, "a", at(9)), Some('a'));
        assert_eq!(seen.find(1, "a", at(10)), None);
        assert_eq!(seen.find(1, "b", at(9)), None);
        assert_eq!(seen.find(2, "a", at(9)), None, "the keys have changed");
        assert_eq!(seen.find(1, "a", at(9)), None, "and it is forgotten");
        for (text, value) in [("a", 'a'), ("b", 'b'), ("c", 'c')] {
            seen.insert(1, text, value, at(10));
        }
        assert_eq!(seen.find(1, "a", at(9)), Some('a'), "found among the older, and kept");
        for text in ["d", "e", "f", "g"] {
            seen.insert(1, text, 'x', at(10));
        }
        assert_eq!(seen.find(1, "b", at(9)), None, "the oldest made room");
    }
}
