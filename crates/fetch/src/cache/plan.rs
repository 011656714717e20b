//! What to do about a document, given what is known of it: pure, so that a table can hold it.

use bailiwick_domain::time::Timestamp;

/// Seconds a document is fresh when its server does not say.
const FRESH_SECONDS: i64 = 300;
/// The bounds of what a server may say.
const MIN_FRESH_SECONDS: i64 = 60;
const MAX_FRESH_SECONDS: i64 = 3_600;
/// Seconds after its freshness in which a document is used while it is fetched anew, so that no
/// request waits for a server that is in regular use.
const GRACE_SECONDS: i64 = 60;
/// Seconds between two fetches that a missing key asks for.
const UNKNOWN_SECONDS: i64 = 30;
/// Milliseconds from the first failure to the next attempt; doubled with each further one.
const FIRST_RETRY_MILLIS: i64 = 5_000;
const MAX_RETRY_MILLIS: i64 = 300_000;

/// Seconds a document is fresh, given what its server says, if it says anything.
pub(crate) fn fresh_seconds(said: Option<i64>) -> i64 {
    said.unwrap_or(FRESH_SECONDS).clamp(MIN_FRESH_SECONDS, MAX_FRESH_SECONDS)
}

/// The times of a document that is held.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Times {
    fresh_until: Timestamp,
    usable_until: Timestamp,
}

impl Times {
    /// Of a document that came at `now`.
    pub(crate) fn new(now: Timestamp, fresh_seconds: i64, keep_seconds: u32) -> Self {
        let usable_until = now.plus_seconds(i64::from(keep_seconds));
        Self { fresh_until: now.plus_seconds(fresh_seconds).min(usable_until), usable_until }
    }

    /// Whether it is as good as when it was fetched.
    pub(crate) fn is_fresh(&self, now: Timestamp) -> bool {
        now < self.fresh_until
    }

    /// Whether it may be used when there is nothing newer.
    pub(crate) fn is_usable(&self, now: Timestamp) -> bool {
        now < self.usable_until
    }
}

/// The attempts made since the last success.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Attempts {
    failures: u32,
    last_at: Option<Timestamp>,
    not_before: Option<Timestamp>,
}

impl Attempts {
    /// One begins.
    pub(crate) fn begin(&mut self, now: Timestamp) {
        self.last_at = Some(now);
    }

    /// It succeeded.
    pub(crate) fn succeed(&mut self) {
        self.failures = 0;
        self.not_before = None;
    }

    /// It failed; `chance` spreads the next one over the second half of the pause.
    pub(crate) fn fail(&mut self, now: Timestamp, chance: u8) {
        let doubled = FIRST_RETRY_MILLIS.saturating_mul(1 << self.failures.min(16));
        let half = doubled.min(MAX_RETRY_MILLIS) / 2;
        self.failures = self.failures.saturating_add(1);
        self.not_before = Some(now.plus_millis(half + half * i64::from(chance) / 255));
    }

    fn may_try(&self, now: Timestamp) -> bool {
        self.not_before.is_none_or(|instant| now >= instant)
    }

    /// Whether a key that the document does not have is reason enough to fetch it anew.
    pub(crate) fn may_look_again(&self, now: Timestamp) -> bool {
        let rested = |last: Timestamp| now >= last.plus_seconds(UNKNOWN_SECONDS);
        self.may_try(now) && self.last_at.is_none_or(rested)
    }
}

/// What to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    /// Use what is held.
    Use,
    /// Use what is held, and fetch meanwhile.
    UseAndFetch,
    /// Fetch, and wait for it.
    Fetch,
    /// There is nothing, and it is too early to try again.
    Refuse,
}

/// What to do about a document that is wanted now.
pub(crate) fn next(held: Option<Times>, attempts: Attempts, now: Timestamp) -> Step {
    let usable = held.filter(|times| times.is_usable(now));
    let may_try = attempts.may_try(now);
    match usable {
        None if may_try => Step::Fetch,
        None => Step::Refuse,
        Some(times) if times.is_fresh(now) || !may_try => Step::Use,
        // Its server was asked lately and failed: nobody should wait for that again.
        Some(_) if attempts.failures > 0 => Step::UseAndFetch,
        Some(times) if now < times.fresh_until.plus_seconds(GRACE_SECONDS) => Step::UseAndFetch,
        Some(_) => Step::Fetch,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_seconds(seconds)
    }

    fn failed(times: u32, last: i64) -> Attempts {
        let mut attempts = Attempts::default();
        for _ in 0..times {
            attempts.begin(at(last));
            attempts.fail(at(last), 255);
        }
        attempts
    }

    #[test]
    fn what_is_held_decides_what_is_done() {
        let held = Some(Times::new(at(0), 300, 86_400));
        let fine = Attempts::default();
        for (held, attempts, now, expected) in [
            (None, fine, 0, Step::Fetch),
            (None, failed(1, 0), 4, Step::Refuse),
            (None, failed(1, 0), 5, Step::Fetch),
            (held, fine, 299, Step::Use),
            (held, fine, 300, Step::UseAndFetch),
            (held, fine, 359, Step::UseAndFetch),
            (held, fine, 360, Step::Fetch),
            (held, failed(1, 1_000), 1_004, Step::Use),
            (held, failed(1, 1_000), 1_005, Step::UseAndFetch),
            (held, failed(9, 86_000), 86_399, Step::UseAndFetch),
            (held, failed(9, 86_300), 86_399, Step::Use),
            (held, failed(9, 86_300), 86_400, Step::Refuse),
            (held, fine, 86_400, Step::Fetch),
        ] {
            assert_eq!(next(held, attempts, at(now)), expected, "{held:?} {attempts:?} {now}");
        }
    }

    #[test]
    fn freshness_is_what_the_server_says_within_bounds() {
        let cases = [(None, 300), (Some(0), 60), (Some(600), 600), (Some(i64::MAX), 3_600)];
        for (said, expected) in cases {
            assert_eq!(fresh_seconds(said), expected, "{said:?}");
        }
        let times = Times::new(at(0), 600, 86_400);
        assert!(times.is_fresh(at(599)) && !times.is_fresh(at(600)));
        assert!(!Times::new(at(0), 600, 30).is_fresh(at(30)), "fresh only while it is kept");
    }

    #[test]
    fn retries_come_ever_later_up_to_a_bound() {
        let pause = |failures, chance| {
            let mut attempts = failed(failures, 0);
            attempts.fail(at(0), chance);
            attempts.not_before.unwrap().as_millis()
        };
        assert_eq!(
            [0, 1, 2, 5, 6, 7, 1_000].map(|failures| pause(failures, 255)),
            [5_000, 10_000, 20_000, 160_000, 300_000, 300_000, 300_000]
        );
        assert_eq!([0, 1, 7].map(|failures| pause(failures, 0)), [2_500, 5_000, 150_000]);
    }

    #[test]
    fn a_missing_key_is_looked_for_again_only_after_a_rest() {
        let mut attempts = Attempts::default();
        assert!(attempts.may_look_again(at(0)));
        attempts.begin(at(0));
        attempts.succeed();
        assert!(!attempts.may_look_again(at(29)));
        assert!(attempts.may_look_again(at(30)));
        assert!(!failed(5, 0).may_look_again(at(30)), "a failing server is left alone for longer");
    }
}
