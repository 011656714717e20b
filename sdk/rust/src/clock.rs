//! The time as the server has it.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use bailiwick_domain::time::Timestamp;
use http::HeaderMap;
use http::header::DATE;

use crate::date;
use crate::error::Error;

/// Where time comes from, and how it passes. A test brings its own.
#[async_trait]
pub trait Clock: Send + Sync + 'static {
    /// The present, by this machine.
    fn now(&self) -> Timestamp;

    /// Comes back after so long.
    async fn sleep(&self, duration: Duration);
}

/// A difference below this is none: `Date` has whole seconds.
const NOTHING_MILLIS: i64 = 1_500;

/// The server's clock, learned from the `Date` of its answers.
pub(crate) struct ServerTime {
    pub(crate) clock: Arc<dyn Clock>,
    max_skew_millis: i64,
    ahead_millis: AtomicI64,
}

impl ServerTime {
    pub(crate) fn new(clock: Arc<dyn Clock>, max_skew: Duration) -> Self {
        let max_skew_millis = i64::try_from(max_skew.as_millis()).unwrap_or(i64::MAX);
        Self { clock, max_skew_millis, ahead_millis: AtomicI64::new(0) }
    }

    /// The present, by the server.
    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now().plus_millis(self.ahead_millis.load(Ordering::Relaxed))
    }

    /// Takes note of an answer to a request that was sent at `sent_at`.
    pub(crate) fn learn(&self, headers: &HeaderMap, sent_at: Timestamp) {
        let Some(ahead) = self.difference(headers, sent_at) else { return };
        if ahead.saturating_abs() <= self.max_skew_millis {
            let ahead = if ahead.saturating_abs() < NOTHING_MILLIS { 0 } else { ahead };
            self.ahead_millis.store(ahead, Ordering::Relaxed);
        }
    }

    /// Fails where this machine's clock is further off than is made up for.
    pub(crate) fn check(&self, headers: &HeaderMap, sent_at: Timestamp) -> Result<(), Error> {
        match self.difference(headers, sent_at) {
            Some(ahead) if ahead.saturating_abs() > self.max_skew_millis => {
                Err(Error::ClockOff { seconds: -ahead.saturating_sub(500).div_euclid(1_000) })
            }
            _ => Ok(()),
        }
    }

    /// By how many milliseconds the server is ahead. `Date` was written in the middle of the way
    /// there and back, and says the second that had begun.
    fn difference(&self, headers: &HeaderMap, sent_at: Timestamp) -> Option<i64> {
        let told = date::read(headers.get(DATE)?.to_str().ok()?)?;
        let way = self.clock.now().millis_since(sent_at);
        Some(told.plus_millis(500).millis_since(sent_at.plus_millis(way.div_euclid(2))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    struct Standing(i64);

    #[async_trait]
    impl Clock for Standing {
        fn now(&self) -> Timestamp {
            Timestamp::from_seconds(self.0)
        }

        async fn sleep(&self, _: Duration) {}
    }

    /// The server says 1994-11-06 08:49:37; this machine is `off` seconds ahead of it.
    fn check(off: i64, expected: Result<i64, i64>) {
        const TOLD: i64 = 784_111_777;
        let clock = Arc::new(Standing(TOLD + off));
        let time = ServerTime::new(clock, Duration::from_mins(5));
        let mut headers = HeaderMap::new();
        headers.insert(DATE, HeaderValue::from_static("Sun, 06 Nov 1994 08:49:37 GMT"));
        let sent_at = time.clock.now();
        time.learn(&headers, sent_at);
        let found = match time.check(&headers, sent_at) {
            Err(Error::ClockOff { seconds }) => Err(seconds),
            _ => Ok(time.now().as_seconds() - TOLD),
        };
        assert_eq!(found, expected, "{off}");
    }

    #[test]
    fn a_clock_that_is_a_little_off_is_made_up_for_and_one_that_is_far_off_is_named() {
        check(0, Ok(0));
        check(1, Ok(1));
        check(60, Ok(0));
        check(-300, Err(-300));
        check(-299, Ok(0));
        check(7_200, Err(7_200));
        check(-7_200, Err(-7_200));
    }

    #[test]
    fn an_answer_without_a_date_teaches_nothing() {
        let time = ServerTime::new(Arc::new(Standing(9)), Duration::from_mins(5));
        let mut headers = HeaderMap::new();
        time.learn(&headers, Timestamp::from_seconds(9));
        headers.insert(DATE, HeaderValue::from_static("yesterday"));
        time.learn(&headers, Timestamp::from_seconds(9));
        assert!(time.check(&headers, Timestamp::from_seconds(9)).is_ok());
        assert_eq!(time.now().as_seconds(), 9);
    }
}
