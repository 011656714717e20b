//! Forgetting what is over: once a minute, a batch at a time.
//!
//! Whatever is not there is refused, so that deleting what has ended admits nobody. What is kept
//! because it refuses (a token taken back, an assertion used up) is kept for a day beyond the last
//! instant at which anybody could take what it refuses, however far their clocks are apart.

use std::time::Duration;

use bailiwick_store::past::Past;
use tokio::sync::oneshot;
use tokio::task::{JoinHandle, yield_now};
use tokio::time::{MissedTickBehavior, interval};

use crate::authority::Authority;
use crate::fault::Fault;

/// How often what is over is looked for.
const LOOK: Duration = Duration::from_mins(1);
/// How many rows one transaction deletes, and how many of those there are for one sort at a time.
const BATCH: u32 = 500;
const BATCHES: u32 = 200;
/// A day, in seconds: for how long what nobody looks at is kept after its end.
const DAY: i64 = 86_400;
/// For how long grants are kept after their end, with the way to their records, and sign-ins.
const SHOWN: i64 = 30 * DAY;

/// Forgets on the authority's behalf.
#[derive(Clone)]
pub struct Pruner(Authority);

/// A pruner at work.
#[derive(Debug)]
pub struct Pruning {
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

impl Pruning {
    /// Stops. The batch that is under way is deleted, or left for the next time.
    pub async fn stop(self) {
        let _ = self.stop.send(());
        let _ = self.task.await;
    }
}

impl Pruner {
    /// Forgets for this authority.
    pub fn new(authority: Authority) -> Self {
        Self(authority)
    }

    /// Begins to forget, until it is stopped. Several processes may do so at once.
    pub fn start(self) -> Pruning {
        let (stop, mut stopping) = oneshot::channel::<()>();
        let task = tokio::spawn(async move {
            let mut look = interval(LOOK);
            look.set_missed_tick_behavior(MissedTickBehavior::Delay);
            loop {
                tokio::select! {
                    _ = &mut stopping => return,
                    _ = look.tick() => {}
                }
                tokio::select! {
                    _ = &mut stopping => return,
                    forgotten = self.turn() => tracing::debug!(forgotten, "what is over is gone"),
                }
            }
        });
        Pruning { stop, task }
    }

    /// Forgets all that is over now, up to a hundred thousand of each sort; how many there were.
    /// What cannot be deleted is logged, and tried again the next time.
    pub async fn turn(&self) -> u64 {
        let mut forgotten = 0;
        for past in Past::ALL {
            match self.forget(past).await {
                Ok(gone) => forgotten += gone,
                Err(fault) => fault.log(),
            }
        }
        forgotten
    }

    async fn forget(&self, past: Past) -> Result<u64, Fault> {
        let ended_by = self.0.now().plus_seconds(-kept_seconds(past));
        let mut forgotten = 0;
        for _ in 0..BATCHES {
            let mut tx = self.0.store.begin().await?;
            let gone = tx.forget(past, ended_by, BATCH).await?;
            if gone == 0 {
                break;
            }
            tx.save().await?;
            forgotten += gone;
            yield_now().await;
        }
        Ok(forgotten)
    }
}

/// For how long each is kept after its end.
const fn kept_seconds(past: Past) -> i64 {
    match past {
        Past::Grants | Past::Sessions => SHOWN,
        Past::Codes
        | Past::Petitions
        | Past::RefreshTokens
        | Past::PushedRequests
        | Past::Welcomes
        | Past::Assertions
        | Past::ReceivedSignals
        | Past::RevokedTokens
        | Past::IssuedTokens
        | Past::StatusLists => DAY,
    }
}
