//! How many fetches may begin in a second.

use std::sync::{Mutex, PoisonError};

use bailiwick_domain::time::Timestamp;

/// A limit over all fetches of one cache, whoever causes them: the generic cell rate algorithm, in
/// microseconds, with one second's worth as its burst.
#[derive(Debug)]
pub(crate) struct Pace {
    interval: i64,
    /// When the fetches begun so far would have been over at an even pace.
    due: Mutex<i64>,
}

const SECOND: i64 = 1_000_000;

impl Pace {
    /// So many a second; at least one.
    pub(crate) fn new(per_second: u32) -> Self {
        Self { interval: SECOND / i64::from(per_second.max(1)), due: Mutex::new(i64::MIN) }
    }

    /// Takes one, if there is one.
    pub(crate) fn take(&self, now: Timestamp) -> bool {
        let now = now.as_millis().saturating_mul(1_000);
        let mut due = self.due.lock().unwrap_or_else(PoisonError::into_inner);
        let next = (*due).max(now).saturating_add(self.interval);
        let fits = next.saturating_sub(now) <= SECOND;
        if fits {
            *due = next;
        }
        fits
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seconds_worth_passes_at_once_and_then_one_by_one() {
        let pace = Pace::new(4);
        let start = Timestamp::from_seconds(1_000);
        let at = |millis| pace.take(start.plus_millis(millis));
        assert_eq!([0; 5].map(at), [true, true, true, true, false]);
        assert_eq!([249, 250, 251, 500].map(at), [false, true, false, true]);
        assert_eq!([60_000; 5].map(at), [true, true, true, true, false]);
    }
}
