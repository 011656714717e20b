//! The task that takes one turn after the other.

use std::fs::{DirBuilder, File, OpenOptions, TryLockError};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use bailiwick_ledger::checkpoint::Signer;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::timeout;

use super::progress::{self, Progress};
use super::published::{KEY_PATH, Published};
use super::sequence::Sequence;
use crate::db::Store;
use crate::fault::Fault;

/// How long the journals are left alone after a turn, unless someone asks.
const PAUSE: Duration = Duration::from_millis(100);
/// The same after a turn with many records: a turn costs a few flushes however many it has, so
/// that under load they are fewer and larger.
const LONG_PAUSE: Duration = Duration::from_millis(500);
const MANY_RECORDS: u64 = 1_000;
/// How many callers may wait to be heard; the next wait before that.
const ORDERS: usize = 64;

/// Where the sequencer reads and writes, and as whom it signs.
#[derive(Debug)]
pub struct Config {
    /// The directory of the journals.
    pub journal_dir: PathBuf,
    /// The directory of the ledger.
    pub ledger_dir: PathBuf,
    /// The log's key.
    pub signer: Signer,
}

/// Gives records their places in the ledger. There is one for a ledger.
pub struct Sequencer {
    store: Store,
    journal_dir: PathBuf,
    ledger_dir: PathBuf,
    signer: Arc<Signer>,
    /// Forgotten after a fault, and taken up anew from the database.
    sequence: Option<Sequence>,
    size: watch::Sender<u64>,
    faulty: bool,
    /// Held for as long as this sequencer works.
    _lock: File,
}

/// Speaks to a running sequencer. Clones speak to the same one.
#[derive(Debug, Clone)]
pub struct Handle {
    orders: mpsc::Sender<Order>,
    size: watch::Receiver<u64>,
}

#[derive(Debug)]
struct Order {
    answer: oneshot::Sender<bool>,
    stop: bool,
}

impl Sequencer {
    /// Takes up the ledger, sequences what an earlier run has left in the journals, and goes on
    /// with that on the current runtime. Both directories are made when missing. Fails when another
    /// sequencer works on the ledger, and when the ledger cannot be continued.
    pub async fn start(store: Store, config: Config) -> Result<Handle, Fault> {
        let prepare = move || prepare(&config).map(|lock| (config, lock));
        let (config, lock) = blocking(prepare).await?;
        let size = watch::Sender::new(0);
        let mut sequencer = Self {
            store,
            journal_dir: config.journal_dir,
            ledger_dir: config.ledger_dir,
            signer: Arc::new(config.signer),
            sequence: None,
            size,
            faulty: false,
            _lock: lock,
        };
        sequencer.turn().await?;
        let (orders, receiver) = mpsc::channel(ORDERS);
        let handle = Handle { orders, size: sequencer.size.subscribe() };
        tokio::spawn(sequencer.run(receiver));
        Ok(handle)
    }

    async fn run(mut self, mut orders: mpsc::Receiver<Order>) {
        let mut pause = PAUSE;
        loop {
            let first = match timeout(pause, orders.recv()).await {
                Ok(Some(order)) => Some(order),
                Ok(None) => return,
                Err(_) => None,
            };
            let mut waiting: Vec<Order> = first.into_iter().collect();
            waiting.extend(std::iter::from_fn(|| orders.try_recv().ok()));
            let before = *self.size.borrow();
            let done = self.turn().await;
            let more = self.size.borrow().saturating_sub(before);
            pause = if more > MANY_RECORDS { LONG_PAUSE } else { PAUSE };
            self.report(done.as_ref().err());
            let stop = waiting.iter().any(|order| order.stop);
            for order in waiting {
                let _ = order.answer.send(done.is_ok());
            }
            if stop {
                return;
            }
        }
    }

    /// Sequences everything that is in the journals when it begins.
    async fn turn(&mut self) -> Result<(), Fault> {
        while self.step().await? {}
        Ok(())
    }

    /// One batch, in the order that the module describes; whether there may be more to read.
    async fn step(&mut self) -> Result<bool, Fault> {
        let mut sequence = match self.sequence.take() {
            Some(sequence) => sequence,
            None => self.resume().await?,
        };
        let gather = move || sequence.gather().map(|gathered| (sequence, gathered));
        let (mut sequence, (mut batch, files)) = blocking(gather).await?;
        if sequence.is_idle(&batch) {
            self.size.send_replace(sequence.size());
            self.sequence = Some(sequence);
            return Ok(false);
        }
        if batch.matters() {
            progress::save(&self.store, &mut batch, &sequence.root()).await?;
        }
        let settle = move || {
            sequence.publish()?;
            sequence.sweep(&files)?;
            Ok(sequence)
        };
        let sequence = blocking(settle).await?;
        batch.log();
        self.size.send_replace(sequence.size());
        self.sequence = Some(sequence);
        Ok(batch.is_full())
    }

    async fn resume(&self) -> Result<Sequence, Fault> {
        let progress = Progress::load(&self.store).await?;
        let signer = Arc::clone(&self.signer);
        let (ledger, journals) = (self.ledger_dir.clone(), self.journal_dir.clone());
        blocking(move || Sequence::resume(&signer, (&ledger, &journals), &progress)).await
    }

    /// Says once that records wait, and once that they no longer do.
    fn report(&mut self, fault: Option<&Fault>) {
        match fault {
            Some(fault) if !self.faulty => {
                let error: &(dyn std::error::Error + 'static) = fault;
                tracing::error!(error, "records wait in the journals: the ledger cannot grow");
            }
            None if self.faulty => tracing::info!("the ledger grows again"),
            Some(_) | None => {}
        }
        self.faulty = fault.is_some();
    }
}

impl Handle {
    /// Returns when everything that was journaled and closed before the call can be found and is in
    /// a published checkpoint.
    pub async fn settle(&self) -> Result<(), Fault> {
        self.order(false).await
    }

    /// Settles, and ends the sequencer.
    pub async fn stop(&self) -> Result<(), Fault> {
        self.order(true).await
    }

    /// How many records the ledger has.
    pub fn size(&self) -> u64 {
        *self.size.borrow()
    }

    async fn order(&self, stop: bool) -> Result<(), Fault> {
        let gone = || Fault::unavailable("the sequencer has stopped");
        let (answer, answered) = oneshot::channel();
        self.orders.send(Order { answer, stop }).await.map_err(|_| gone())?;
        match answered.await {
            Ok(true) => Ok(()),
            Ok(false) => Err(Fault::unavailable("the ledger cannot grow; the log says why")),
            Err(_) => Err(gone()),
        }
    }
}

/// Makes the directories, locks the ledger and says which key it is signed with.
fn prepare(config: &Config) -> Result<File, Fault> {
    for directory in [&config.journal_dir, &config.ledger_dir] {
        let made = DirBuilder::new().recursive(true).mode(0o700).create(directory);
        made.map_err(Fault::unavailable)?;
    }
    let lock = lock(&config.ledger_dir)?;
    let published = Published::at(&config.ledger_dir);
    let key = format!("{}\n", config.signer.verifier());
    match published.file(KEY_PATH).map_err(Fault::unavailable)? {
        Some(found) if found != key.as_bytes() => {
            Err(Fault::corrupt("the ledger was begun with another key"))
        }
        Some(_) => Ok(lock),
        None => {
            published.write_named(KEY_PATH, key.as_bytes()).map_err(Fault::unavailable)?;
            Ok(lock)
        }
    }
}

fn lock(directory: &Path) -> Result<File, Fault> {
    let mut options = OpenOptions::new();
    let file = options.write(true).create(true).mode(0o600).open(directory.join(".lock"));
    let file = file.map_err(Fault::unavailable)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => {
            Err(Fault::unavailable("another process grows this ledger"))
        }
        Err(TryLockError::Error(error)) => Err(Fault::unavailable(error)),
    }
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Fault> + Send + 'static,
) -> Result<T, Fault> {
    tokio::task::spawn_blocking(work).await.map_err(Fault::unavailable)?
}
