//! Finding records. SQL knows what is in each entry bundle, 256 records; which of them match, and
//! what they say, is read from the ledger's own files.
//!
//! A search costs the bundles it reads: about half a millisecond each, one in memory at a time. It
//! reads those that SQL does not rule out, in order, until it has found enough. It is ruled out
//! that something asked for is nowhere in the bundle, so a search for what many bundles have, but
//! no record together, reads them all, and one for what is nowhere reads none. A search that nobody
//! waits for any more ends with the next 64 bundles.

mod candidates;
mod query;
mod reading;
mod uses;

use std::path::Path;

use bailiwick_domain::id::{GrantId, RecordId};

use crate::db::Store;
use crate::fault::Fault;
use crate::sequencer::Published;
use crate::tx::Tx;
use candidates::Candidates;
use query::Wanted;
pub use query::{Found, MAX_RECORDS, Order, Query, Under};
use reading::Reading;

/// The records of an installation.
#[derive(Clone)]
pub struct Records {
    store: Store,
    published: Published,
}

impl Records {
    /// The records that this store knows and that are in this ledger directory.
    pub fn new(store: Store, ledger_dir: &Path) -> Self {
        Self { store, published: Published::at(ledger_dir) }
    }

    /// The records that match.
    pub async fn search(&self, query: &Query) -> Result<Vec<Found>, Fault> {
        self.read(Wanted::Matching(query)).await
    }

    /// The record with this id. It is looked for in the bundles with ids of its time, those first
    /// that were written right after the request began.
    pub async fn find(&self, id: RecordId) -> Result<Option<Found>, Fault> {
        Ok(self.read(Wanted::Id(id)).await?.pop())
    }

    /// What was done by a grant and all below it, newest first. It costs the bundles that have
    /// such records, and no others.
    pub async fn search_under(&self, under: &Under) -> Result<Vec<Found>, Fault> {
        let mut tx = self.store.read().await?;
        let size = size(&mut tx).await?;
        let mut reading = Reading::under(under, self.published.clone(), size);
        let mut before = uses::first_beyond(under, size);
        loop {
            let bundles = uses::bundles(&mut tx, under.grant, before).await?;
            let (Some(newest), Some(oldest)) = (bundles.first(), bundles.last()) else { break };
            before = *oldest;
            let within = (*oldest, *newest);
            reading.only_by(uses::grants(&mut tx, under.grant, within).await?);
            drop(tx);
            reading = read_on(reading, bundles).await?;
            if reading.is_done() {
                break;
            }
            tx = self.store.read().await?;
        }
        Ok(reading.found)
    }

    /// How many records there are of what was done by a grant and all below it, by how it ended.
    pub async fn count_under(&self, grant: GrantId) -> Result<Vec<(String, u64)>, Fault> {
        uses::count(&mut self.store.read().await?, grant).await
    }

    /// The ledger only grows, so that bundles of one size can be read one after the other.
    async fn read(&self, wanted: Wanted<'_>) -> Result<Vec<Found>, Fault> {
        let mut tx = self.store.read().await?;
        let size = size(&mut tx).await?;
        let mut reading = Reading::of(wanted, self.published.clone(), size);
        let mut candidates = Candidates::of(wanted, size);
        while let Some(bundles) = candidates.next_page(&mut tx).await? {
            drop(tx);
            reading = read_on(reading, bundles).await?;
            if reading.is_done() {
                break;
            }
            tx = self.store.read().await?;
        }
        Ok(reading.found)
    }
}

async fn read_on(reading: Reading, bundles: Vec<u64>) -> Result<Reading, Fault> {
    let read = move || reading.read(&bundles);
    tokio::task::spawn_blocking(read).await.map_err(Fault::unavailable)?
}

/// How many records there are.
async fn size(tx: &mut Tx) -> Result<u64, Fault> {
    let row = tx.fetch_first("SELECT size FROM ledger WHERE id = 1", []).await?;
    let size = row.ok_or_else(|| Fault::corrupt("no ledger"))?.int("size")?;
    u64::try_from(size).map_err(Fault::corrupt)
}
