//! What PostgreSQL says of changes in other processes, as soon as they are committed.
//!
//! A hint and nothing more: a feed asks the database itself what has changed, and asks now and then
//! even when nothing is heard. Whatever is lost here costs time, never a change.

use std::convert::Infallible;
use std::time::Duration;

use sqlx::Executor as _;
use sqlx::postgres::{PgListener, PgPoolOptions};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};

use crate::pool::{Db, PATIENCE};

/// The channel on which a transaction says its number (PostgreSQL, NOTIFY).
pub(crate) const CHANNEL: &str = "bailiwick_changes";

/// How often a feed asks that cannot hear of changes: SQLite, and a lost connection.
const DEAF: Duration = Duration::from_millis(100);
/// How often one asks that hears of them. Also how old its last contact with the store may look,
/// so it is shorter than any staleness that a gateway can be told to bear.
const HEARING: Duration = Duration::from_millis(500);
/// After how much silence the connection is tried: a peer that vanished says nothing either.
const SILENCE: Duration = Duration::from_secs(15);
/// How long to wait before a lost connection is made again, at first and at most.
const BACK_OFF: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(10));

/// Listens on a connection of its own until it is dropped.
pub(crate) struct Listener {
    heard: watch::Receiver<Heard>,
    task: Option<JoinHandle<()>>,
}

/// What was heard last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Heard {
    /// There is no connection: nothing can be heard.
    Nothing,
    /// There is one. Whatever is said is only that there may be something new: several
    /// installations may share a database, and their numbers mean nothing to each other.
    Something,
}

impl Listener {
    /// Begins to listen, where the database is one that says something.
    pub(crate) fn begin(db: &Db) -> Self {
        let (says, heard) = watch::channel(Heard::Nothing);
        let task = match db {
            Db::Sqlite { .. } => None,
            Db::Postgres(pool) => {
                let own = PgPoolOptions::new()
                    .max_connections(1)
                    .acquire_timeout(PATIENCE)
                    .max_lifetime(None)
                    .idle_timeout(None);
                let options = pool.connect_options().as_ref().clone();
                Some(tokio::spawn(keep_listening(own, options, says)))
            }
        };
        Self { heard, task }
    }

    /// How long a feed waits at most before it asks.
    pub(crate) fn pace(&self) -> Duration {
        match *self.heard.borrow() {
            Heard::Nothing => DEAF,
            Heard::Something => HEARING,
        }
    }

    /// Returns when there may be something new: it was said, or listening has begun or ended.
    /// Nothing is lost when the call is given up.
    pub(crate) async fn heard(&mut self) {
        if self.heard.changed().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        if let Some(task) = &self.task {
            task.abort();
        }
    }
}

/// Listens, and when the connection is lost makes another, ever more slowly.
async fn keep_listening(
    own: PgPoolOptions,
    options: sqlx::postgres::PgConnectOptions,
    says: watch::Sender<Heard>,
) {
    let (first, most) = BACK_OFF;
    let mut wait = first;
    loop {
        let pool = own.clone().connect_lazy_with(options.clone());
        let Err(error) = listen(&pool, &says).await;
        let had_begun = *says.borrow() != Heard::Nothing;
        says.send_replace(Heard::Nothing);
        tracing::warn!(%error, "changes are not heard of; they are asked for instead");
        if had_begun {
            wait = first;
        }
        sleep(wait).await;
        wait = (wait * 2).min(most);
    }
}

/// Passes on what is said, until the connection is lost.
async fn listen(
    pool: &sqlx::PgPool,
    says: &watch::Sender<Heard>,
) -> Result<Infallible, sqlx::Error> {
    let mut listener = PgListener::connect_with(pool).await?;
    listener.eager_reconnect(false);
    answered(listener.listen(CHANNEL)).await?;
    // What was said before was not heard.
    says.send_replace(Heard::Something);
    loop {
        match timeout(SILENCE, listener.try_recv()).await {
            Err(_) => answered(listener.execute("SELECT 1")).await.map(drop)?,
            Ok(said) => {
                said?.ok_or(sqlx::Error::PoolClosed)?;
                says.send_replace(Heard::Something);
            }
        }
    }
}

async fn answered<T>(
    question: impl Future<Output = Result<T, sqlx::Error>>,
) -> Result<T, sqlx::Error> {
    timeout(PATIENCE, question).await.unwrap_or(Err(sqlx::Error::PoolTimedOut))
}
