//! The task that takes one turn after the other.

use std::fs::{DirBuilder, File, OpenOptions, TryLockError};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use bailiwick_ledger::checkpoint::Signer;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::{Instant, timeout};

use super::progress::{self, Progress};
use super::published::{KEY_PATH, Published};
use super::sequence::Sequence;
use crate::db::Store;
use crate::fault::Fault;

/// How long the journals are left alone after a look at them, unless someone asks.
const PAUSE: Duration = Duration::from_millis(100);
/// The same under load: what is read at a time is little, so that the requests of the moment, which
/// the same cores serve, wait only for a moment.
const SHORT_PAUSE: Duration = Duration::from_millis(20);
const SLICE_RECORDS: usize = 512;
/// How many records in one look are a load.
const MANY_RECORDS: usize = 64;
/// How long records may wait for their transaction: it costs a few flushes however many they are,
/// so that under load there are fewer and larger ones.
const LONGEST_WAIT: Duration = Duration::from_secs(1);
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
    committed: Instant,
    faulty: bool,
    /// Held for as long as this sequencer works.
    _lock: File,
}

/// What one look at the journals has found.
#[derive(Debug, Clone, Copy)]
struct Gathered {
    /// How many records, and how many wait for their transaction with them.
    fresh: usize,
    waiting: usize,
    /// Whether that is all that one transaction takes.
    full: bool,
    /// Whether there may be more to read.
    more: bool,
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
            committed: Instant::now(),
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
            let done = if waiting.is_empty() {
                self.slice().await
            } else {
                self.turn().await.map(|()| PAUSE)
            };
            self.report(done.as_ref().err());
            pause = done.as_ref().map_or(PAUSE, |pause| *pause);
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
        loop {
            let gathered = self.gather(usize::MAX).await?;
            self.commit().await?;
            if !gathered.more {
                return Ok(());
            }
        }
    }

    /// Reads a little of the journals, and ends the turn if that is due; how long to leave the
    /// journals alone now.
    async fn slice(&mut self) -> Result<Duration, Fault> {
        let gathered = self.gather(SLICE_RECORDS).await?;
        let waited = self.committed.elapsed();
        let quiet = gathered.waiting < MANY_RECORDS && waited >= PAUSE;
        if gathered.full || quiet || waited >= LONGEST_WAIT {
            self.commit().await?;
        }
        Ok(match gathered.fresh {
            _ if gathered.more => Duration::ZERO,
            MANY_RECORDS.. => SHORT_PAUSE,
            _ => PAUSE,
        })
    }

    /// Reads on in the journals for at most so many records.
    async fn gather(&mut self, most: usize) -> Result<Gathered, Fault> {
        let mut sequence = self.take_up().await?;
        let gather = move || {
            let before = sequence.waiting();
            let more = sequence.gather(most)?;
            let (waiting, full) = (sequence.waiting(), sequence.is_full());
            Ok((sequence, Gathered { fresh: waiting - before, waiting, full, more }))
        };
        let (sequence, gathered) = blocking(gather).await?;
        self.sequence = Some(sequence);
        Ok(gathered)
    }

    /// Ends a turn, in the order that the module describes.
    async fn commit(&mut self) -> Result<(), Fault> {
        let mut sequence = self.take_up().await?;
        self.committed = Instant::now();
        let seal = move || sequence.seal().map(|sealed| (sequence, sealed));
        let (mut sequence, (mut batch, full)) = blocking(seal).await?;
        if !sequence.is_idle(&batch) {
            if batch.matters() {
                progress::save(&self.store, &mut batch, &sequence.root()).await?;
            }
            let settle = move || {
                sequence.publish()?;
                sequence.sweep(&full)?;
                batch.log();
                Ok(sequence)
            };
            sequence = blocking(settle).await?;
        }
        self.size.send_replace(sequence.size());
        self.sequence = Some(sequence);
        Ok(())
    }

    /// What is known, or else what the database and the ledger's files say.
    async fn take_up(&mut self) -> Result<Sequence, Fault> {
        match self.sequence.take() {
            Some(sequence) => Ok(sequence),
            None => self.resume().await,
        }
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
