//! One document and what is known of it.

use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use arc_swap::ArcSwapOption;
use bailiwick_domain::time::Timestamp;
use tokio::sync::watch;

use super::plan::{Attempts, Times};
use crate::unfetched::Unfetched;

/// A document, with the instants until which it counts.
pub(super) struct Kept<V> {
    pub(super) value: Arc<V>,
    pub(super) times: Times,
}

/// One document's place. Readers take no lock; the lock is for whoever would fetch it.
pub(super) struct Entry<V> {
    kept: ArcSwapOption<Kept<V>>,
    trying: Mutex<Trying>,
    used_at: AtomicI64,
}

/// The state of fetching.
#[derive(Default)]
pub(super) struct Trying {
    pub(super) attempts: Attempts,
    error: Option<Unfetched>,
    /// Closed when the fetch under way is over, however it ended.
    flight: Option<watch::Receiver<()>>,
}

impl Trying {
    /// The fetch under way, if there is one.
    pub(super) fn flight(&self) -> Option<watch::Receiver<()>> {
        self.flight.clone().filter(|flight| flight.has_changed().is_ok())
    }

    /// A fetch begins; it is over when what is returned is dropped.
    pub(super) fn begin(&mut self, now: Timestamp) -> (watch::Sender<()>, watch::Receiver<()>) {
        let (ends, waits) = watch::channel(());
        self.attempts.begin(now);
        self.error = None;
        self.flight = Some(waits.clone());
        (ends, waits)
    }

    /// Why the last fetch that ended brought nothing, if it did not.
    pub(super) fn failure(&self) -> Option<Unfetched> {
        self.error
    }
}

impl<V> Entry<V> {
    pub(super) fn new(now: Timestamp) -> Self {
        Self {
            kept: ArcSwapOption::empty(),
            trying: Mutex::default(),
            used_at: AtomicI64::new(now.as_millis()),
        }
    }

    /// The last good document, however old.
    pub(super) fn last(&self) -> Option<Arc<Kept<V>>> {
        self.kept.load_full()
    }

    /// The document, if it is fresh.
    pub(super) fn fresh(&self, now: Timestamp) -> Option<Arc<V>> {
        let kept = self.kept.load();
        let fresh = kept.as_ref().filter(|kept| kept.times.is_fresh(now));
        fresh.map(|kept| Arc::clone(&kept.value))
    }

    /// The document, if it may still be used.
    pub(super) fn usable(&self, now: Timestamp) -> Option<Arc<V>> {
        let kept = self.kept.load();
        let usable = kept.as_ref().filter(|kept| kept.times.is_usable(now));
        usable.map(|kept| Arc::clone(&kept.value))
    }

    /// Remembers that it was used, to the second, so that readers seldom write.
    pub(super) fn touch(&self, now: Timestamp) {
        if now.as_millis().saturating_sub(self.used_at.load(Ordering::Relaxed)) >= 1_000 {
            self.used_at.store(now.as_millis(), Ordering::Relaxed);
        }
    }

    /// What makes room first: what holds nothing, then what was not used for longest.
    pub(super) fn worth(&self) -> (bool, i64) {
        (self.kept.load().is_some(), self.used_at.load(Ordering::Relaxed))
    }

    pub(super) fn trying(&self) -> MutexGuard<'_, Trying> {
        self.trying.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A fetch brought a document.
    pub(super) fn keep(&self, kept: Kept<V>) {
        self.kept.store(Some(Arc::new(kept)));
        self.trying().attempts.succeed();
    }

    /// A fetch brought none.
    pub(super) fn fail(&self, error: Unfetched, now: Timestamp, chance: u8) {
        let mut trying = self.trying();
        trying.attempts.fail(now, chance);
        trying.error = Some(error);
    }
}
