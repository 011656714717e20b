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

use std::path::Path;

use bailiwick_domain::id::RecordId;

use crate::db::Store;
use crate::fault::Fault;
use crate::sequencer::Published;
use crate::tx::Tx;
use candidates::Candidates;
use query::Wanted;
pub use query::{Found, MAX_RECORDS, Order, Query};
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

    /// The ledger only grows, so that bundles of one size can be read one after the other.
    async fn read(&self, wanted: Wanted<'_>) -> Result<Vec<Found>, Fault> {
        let mut tx = self.store.read().await?;
        let size = size(&mut tx).await?;
        let mut reading = Reading::of(wanted, self.published.clone(), size);
        let mut candidates = Candidates::of(wanted, size);
        while let Some(bundles) = candidates.next_page(&mut tx).await? {
            drop(tx);
            let read = move || reading.read(&bundles);
            reading = tokio::task::spawn_blocking(read).await.map_err(Fault::unavailable)??;
            if reading.is_done() {
                break;
            }
            tx = self.store.read().await?;
        }
        Ok(reading.found)
    }
}

/// How many records there are.
async fn size(tx: &mut Tx) -> Result<u64, Fault> {
    let row = tx.fetch_first("SELECT size FROM ledger WHERE id = 1", []).await?;
    let size = row.ok_or_else(|| Fault::corrupt("no ledger"))?.int("size")?;
    u64::try_from(size).map_err(Fault::corrupt)
}
