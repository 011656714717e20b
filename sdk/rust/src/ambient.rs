//! What the machine gives: the time, randomness, the environment. Nothing else in this crate reads
//! any of it.
#![expect(clippy::disallowed_methods, reason = "the one place where ambient things come in")]

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use async_trait::async_trait;
use bailiwick_domain::entropy::Entropy;
use bailiwick_domain::time::Timestamp;
use zeroize::Zeroizing;

use crate::clock::Clock;

/// The machine's own clock, and tokio's timer.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

#[async_trait]
impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Timestamp::from_millis(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
    }

    async fn sleep(&self, duration: Duration) {
        tokio::time::sleep(duration).await;
    }
}

/// The operating system's randomness. A system that gives none stops the process: nothing may be
/// signed with a guessable key or nonce.
pub(crate) fn entropy() -> Entropy {
    Entropy::new(|buffer| {
        if aws_lc_rs::rand::fill(buffer).is_err() {
            std::process::abort();
        }
    })
}

/// A variable of the environment; an empty one counts as absent.
pub(crate) fn variable(name: &str) -> Option<Zeroizing<String>> {
    std::env::var(name).ok().filter(|value| !value.is_empty()).map(Zeroizing::new)
}
