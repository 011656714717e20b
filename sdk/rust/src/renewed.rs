//! One thing that ends after a time, and is got again before it does.

use std::future::Future;
use std::sync::Arc;

use bailiwick_domain::time::Timestamp;
use tokio::sync::Mutex;

use crate::error::Error;

/// How long before its end a thing is renewed at most, in milliseconds.
const MARGIN_MILLIS: i64 = 60_000;

/// What is renewed. However many wait for it, it is asked for once.
pub(crate) struct Renewed<T> {
    held: Mutex<Option<Lease<T>>>,
}

struct Lease<T> {
    value: Arc<T>,
    until: Timestamp,
    /// The key that it hangs on, by how often the agent's was changed.
    generation: u64,
}

/// When something is wanted, and by whom.
#[derive(Clone, Copy)]
pub(crate) struct Wanted {
    pub(crate) now: Timestamp,
    pub(crate) generation: u64,
}

/// Something fresh, and when it ends.
pub(crate) struct Fresh<T> {
    pub(crate) value: T,
    pub(crate) expires_at: Timestamp,
}

impl<T> Renewed<T> {
    pub(crate) fn new() -> Self {
        Self { held: Mutex::new(None) }
    }

    /// What is held, if it is good still; else what is made now.
    pub(crate) async fn get<C>(
        &self,
        wanted: Wanted,
        make: impl FnOnce() -> C,
    ) -> Result<Arc<T>, Error>
    where
        C: Future<Output = Result<Fresh<T>, Error>>,
    {
        let mut held = self.held.lock().await;
        let is_good = |it: &&Lease<T>| wanted.now < it.until && it.generation == wanted.generation;
        if let Some(lease) = held.as_ref().filter(is_good) {
            return Ok(lease.value.clone());
        }
        let lease = Lease::of(make().await?, wanted);
        let value = lease.value.clone();
        *held = Some(lease);
        Ok(value)
    }

    /// Keeps one that came otherwise.
    pub(crate) async fn keep(&self, fresh: Fresh<T>, wanted: Wanted) {
        *self.held.lock().await = Some(Lease::of(fresh, wanted));
    }

    pub(crate) async fn forget(&self) {
        *self.held.lock().await = None;
    }
}

impl<T> Lease<T> {
    /// Renewed with a tenth of its time left, and a minute at most.
    fn of(fresh: Fresh<T>, wanted: Wanted) -> Self {
        let left = fresh.expires_at.millis_since(wanted.now);
        let margin = left.div_euclid(10).min(MARGIN_MILLIS);
        let until = fresh.expires_at.plus_millis(margin.saturating_neg());
        Self { value: Arc::new(fresh.value), until, generation: wanted.generation }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn get(renewed: &Renewed<i64>, second: i64, generation: u64, ttl: i64) -> i64 {
        let now = Timestamp::from_seconds(second);
        let fresh = || async { Ok(Fresh { value: second, expires_at: now.plus_seconds(ttl) }) };
        *renewed.get(Wanted { now, generation }, fresh).await.unwrap()
    }

    #[tokio::test]
    async fn it_is_got_again_before_it_ends_or_when_its_key_was_changed() {
        let renewed = Renewed::new();
        assert_eq!(get(&renewed, 0, 0, 3_600).await, 0);
        assert_eq!(get(&renewed, 3_539, 0, 3_600).await, 0);
        assert_eq!(get(&renewed, 3_540, 0, 100).await, 3_540);
        assert_eq!(get(&renewed, 3_629, 0, 100).await, 3_540);
        assert_eq!(get(&renewed, 3_630, 0, 100).await, 3_630);
        assert_eq!(get(&renewed, 3_631, 1, 100).await, 3_631);
        renewed.forget().await;
        assert_eq!(get(&renewed, 3_632, 1, 0).await, 3_632);
        assert_eq!(get(&renewed, 3_633, 1, 0).await, 3_633, "what is over is not kept");
    }
}
