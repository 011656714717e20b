//! Who is told when a transaction of this process is saved.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::timeout;

/// How long a saved transaction waits for the feeds to apply it.
const PATIENCE: Duration = Duration::from_secs(2);

/// What a saved transaction means for the requests that follow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Saved {
    /// Every feed of this process has applied it: it holds for the next request.
    InEffect,
    /// It is committed, but a feed of this process has not said in time that it applied it. The
    /// gateway behind that feed still decides by what it knew before.
    Committed,
}

/// The feeds of one process, and the transactions that they are told of.
#[derive(Default)]
pub(crate) struct Ring {
    announced: watch::Sender<i64>,
    applied: Mutex<Vec<watch::Receiver<i64>>>,
}

impl Ring {
    pub(crate) fn join(&self, listening: watch::Receiver<i64>) -> watch::Receiver<i64> {
        let mut applied = self.applied.lock().unwrap_or_else(PoisonError::into_inner);
        applied.retain(|feed| feed.has_changed().is_ok());
        applied.push(listening);
        self.announced.subscribe()
    }

    pub(crate) async fn announce(&self, number: i64) -> Saved {
        self.announced.send_modify(|last| *last = number.max(*last));
        let feeds = self.applied.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let everyone = async {
            for mut feed in feeds {
                // An error means that the feed is gone, and with it the need to wait.
                let _ = feed.wait_for(|applied| *applied >= number).await;
            }
        };
        if timeout(PATIENCE, everyone).await.is_ok() {
            return Saved::InEffect;
        }
        tracing::warn!(number, "a change is committed but not yet applied by a gateway");
        Saved::Committed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_feed_that_never_applies_is_waited_for_only_so_long() {
        let ring = Ring::default();
        let (applied, listening) = watch::channel(0);
        let _announced = ring.join(listening);
        assert_eq!(ring.announce(7).await, Saved::Committed);
        applied.send_replace(6);
        assert_eq!(ring.announce(7).await, Saved::Committed);
        applied.send_replace(7);
        assert_eq!(ring.announce(7).await, Saved::InEffect);
    }

    #[tokio::test]
    async fn feeds_that_are_gone_are_dropped_when_another_joins() {
        let ring = Ring::default();
        for _ in 0..100 {
            let (applied, listening) = watch::channel(0);
            let _announced = ring.join(listening);
            drop(applied);
        }
        assert_eq!(ring.applied.lock().unwrap().len(), 1);
        assert_eq!(ring.announce(1).await, Saved::InEffect);
    }
}
