//! Ends approvals whose time is over, and with them what people were shown of their bodies.
//! Nothing is decided by it: an approval that is over counts for nothing before, too.

use std::time::Duration;

use bailiwick_domain::time::{Clock, Timestamp};
use bailiwick_store::{Fault, Store};
use tokio::task::AbortHandle;

/// How often it is looked.
const PACE: Duration = Duration::from_mins(1);

/// Looks, for as long as this is held.
pub struct Sweeper(AbortHandle);

impl Sweeper {
    /// Begins to look.
    pub fn start(store: Store, clock: Clock) -> Self {
        let task = tokio::spawn(async move {
            let mut look = tokio::time::interval(PACE);
            loop {
                look.tick().await;
                if let Err(fault) = sweep(&store, clock.now()).await {
                    tracing::warn!(%fault, "approvals that are over are not swept yet");
                }
            }
        });
        Self(task.abort_handle())
    }
}

impl Drop for Sweeper {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Writes only where there is something to end.
async fn sweep(store: &Store, now: Timestamp) -> Result<(), Fault> {
    if !store.read().await?.approvals().has_over(now).await? {
        return Ok(());
    }
    let mut tx = store.begin_append().await?;
    tx.approvals().sweep(now).await?;
    tx.save().await.map(drop)
}
