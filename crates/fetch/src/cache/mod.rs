//! Documents of other servers, each fetched once for all who wait for it, used while fresh, and
//! kept for a bounded time when it cannot be fetched anew.

mod entry;
mod plan;

use std::collections::HashMap;
use std::future::Future;
use std::hash::Hash;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};

use arc_swap::ArcSwap;
use bailiwick_domain::time::Timestamp;
use tokio::sync::watch;

use self::entry::{Entry, Kept};
use self::plan::{Step, Times};
use crate::pace::Pace;
use crate::unfetched::Unfetched;
use crate::upkeep::Upkeep;

pub(crate) use self::plan::fresh_seconds;

/// A document and the seconds for which it is fresh.
pub(crate) struct Loaded<V> {
    pub(crate) value: V,
    pub(crate) fresh_seconds: i64,
}

/// A document on its way.
pub(crate) type Loading<V> = Pin<Box<dyn Future<Output = Result<Loaded<V>, Unfetched>> + Send>>;

/// How the document of an address is fetched; it is given the last good one.
type Load<A, V> = dyn Fn(A, Option<Arc<V>>) -> Loading<V> + Send + Sync;

type Entries<A, V> = HashMap<Arc<A>, Arc<Entry<V>>>;

/// The documents `V` of addresses `A`. Copies share what they hold, over any number of runtimes.
pub(crate) struct Cache<A, V>(Arc<Shared<A, V>>);

struct Shared<A, V> {
    upkeep: Upkeep,
    load: Box<Load<A, V>>,
    pace: Pace,
    entries: ArcSwap<Entries<A, V>>,
    adding: Mutex<()>,
}

impl<A, V> Clone for Cache<A, V> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<A, V> Cache<A, V>
where
    A: Clone + Eq + Hash + Send + Sync + 'static,
    V: Send + Sync + 'static,
{
    pub(crate) fn new(
        upkeep: Upkeep,
        load: impl Fn(A, Option<Arc<V>>) -> Loading<V> + Send + Sync + 'static,
    ) -> Self {
        let pace = Pace::new(upkeep.fetches_per_second);
        let (entries, adding) = (ArcSwap::default(), Mutex::default());
        Self(Arc::new(Shared { upkeep, load: Box::new(load), pace, entries, adding }))
    }

    /// The present, as this cache sees it.
    pub(crate) fn now(&self) -> Timestamp {
        self.0.upkeep.clock.now()
    }

    /// The document of an address. One that is fresh is answered without waiting or locking.
    pub(crate) async fn get(&self, address: &A) -> Result<Arc<V>, Unfetched> {
        let now = self.now();
        let entry = self.entry(address, now)?;
        entry.touch(now);
        if let Some(fresh) = entry.fresh(now) {
            return Ok(fresh);
        }
        let held = entry.last();
        let waits = {
            let mut trying = entry.trying();
            match plan::next(held.map(|kept| kept.times), trying.attempts, now) {
                Step::Use => None,
                Step::Refuse => return Err(trying.failure().unwrap_or(Unfetched::Interrupted)),
                Step::UseAndFetch => {
                    self.fly(address, &entry, &mut trying, now);
                    None
                }
                Step::Fetch => self.fly(address, &entry, &mut trying, now),
            }
        };
        self.wait(&entry, waits).await
    }

    /// The document of an address, fetched anew if it still is the one that was found wanting and
    /// was not fetched a moment ago.
    pub(crate) async fn get_other(
        &self,
        address: &A,
        wanting: &Arc<V>,
    ) -> Result<Arc<V>, Unfetched> {
        let now = self.now();
        let entry = self.entry(address, now)?;
        let flight = {
            let mut trying = entry.trying();
            let newer = entry.usable(now).filter(|held| !Arc::ptr_eq(held, wanting));
            if let Some(newer) = newer {
                return Ok(newer);
            }
            if trying.flight().is_none() && !trying.attempts.may_look_again(now) {
                return trying.failure().map_or_else(|| Ok(Arc::clone(wanting)), Err);
            }
            self.fly(address, &entry, &mut trying, now).ok_or(Unfetched::Busy)?
        };
        let held = self.wait(&entry, Some(flight)).await?;
        entry.trying().failure().map_or(Ok(held), Err)
    }

    /// The fetch under way, or one that begins here; none when too many have begun.
    fn fly(
        &self,
        address: &A,
        entry: &Arc<Entry<V>>,
        trying: &mut entry::Trying,
        now: Timestamp,
    ) -> Option<watch::Receiver<()>> {
        if let Some(flight) = trying.flight() {
            return Some(flight);
        }
        if !self.0.pace.take(now) {
            return None;
        }
        let (ends, waits) = trying.begin(now);
        let (cache, entry, address) = (self.clone(), Arc::clone(entry), address.clone());
        // A task of its own, so that it ends even when the request that began it is gone.
        tokio::spawn(async move {
            cache.fetch(&address, &entry).await;
            drop(ends);
        });
        Some(waits)
    }

    async fn fetch(&self, address: &A, entry: &Entry<V>) {
        let last = entry.last().map(|kept| Arc::clone(&kept.value));
        let loaded = (self.0.load)(address.clone(), last).await;
        let now = self.now();
        match loaded {
            Ok(Loaded { value, fresh_seconds }) => {
                let times = Times::new(now, fresh_seconds, self.0.upkeep.keep_seconds);
                entry.keep(Kept { value: Arc::new(value), times });
            }
            Err(error) => {
                let [chance] = self.0.upkeep.entropy.bytes();
                entry.fail(error, now, chance);
            }
        }
    }

    /// What is held once the fetch, if any, is over.
    async fn wait(
        &self,
        entry: &Entry<V>,
        flight: Option<watch::Receiver<()>>,
    ) -> Result<Arc<V>, Unfetched> {
        let asked = flight.is_some();
        if let Some(mut flight) = flight {
            // Nothing is ever sent: it ends by being closed.
            while flight.changed().await.is_ok() {}
        }
        let nothing = || {
            if asked {
                entry.trying().failure().unwrap_or(Unfetched::Interrupted)
            } else {
                Unfetched::Busy
            }
        };
        entry.usable(self.now()).ok_or_else(nothing)
    }

    fn entry(&self, address: &A, now: Timestamp) -> Result<Arc<Entry<V>>, Unfetched> {
        let shared = &*self.0;
        if let Some(entry) = shared.entries.load().get(address) {
            return Ok(Arc::clone(entry));
        }
        let _adding = shared.adding.lock().unwrap_or_else(PoisonError::into_inner);
        let mut entries = Entries::clone(&shared.entries.load());
        if let Some(entry) = entries.get(address) {
            return Ok(Arc::clone(entry));
        }
        while entries.len() >= shared.upkeep.max_documents {
            let least = entries.iter().min_by_key(|(_, entry)| entry.worth());
            let Some(least) = least.map(|(address, _)| Arc::clone(address)) else {
                return Err(Unfetched::Busy);
            };
            entries.remove(&least);
        }
        let entry = Arc::new(Entry::new(now));
        entries.insert(Arc::new(address.clone()), Arc::clone(&entry));
        shared.entries.store(Arc::new(entries));
        Ok(entry)
    }
}
