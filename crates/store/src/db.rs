//! The store: one of two databases behind one door.
//!
//! SQL is portable, one text for both: ids and digests are `TEXT`, instants and counts `BIGINT`,
//! binds `$1`. A [`Store`] is used from the runtime it was opened on.

use std::path::Path;
use std::sync::Arc;

use crate::fault::Fault;
use crate::migrations;
use crate::pool::Db;
use crate::ring::Ring;
use crate::tx::{Turn, Tx};

/// What is kept in SQL. Clones share connections.
#[derive(Clone)]
pub struct Store {
    pub(crate) db: Db,
    pub(crate) ring: Arc<Ring>,
}

impl Store {
    /// Opens `sqlite:PATH` (relative to `base`, made with mode 0600 when missing) or
    /// `postgres://…`, and brings its tables up to date.
    ///
    /// SQLite runs in WAL mode with `synchronous = FULL`: a transaction that was saved survives
    /// power loss, as it does on PostgreSQL. (`NORMAL` would keep the file whole but may lose the
    /// last transactions, among them a revocation.)
    pub async fn open(url: &str, base: &Path) -> Result<Self, Fault> {
        let db = Db::open(url, base).await?;
        let store = Self { db, ring: Arc::default() };
        migrations::run(store.begin().await?).await?;
        Ok(store)
    }

    /// Begins a transaction that changes agents, keys and the like. Such transactions take turns,
    /// on PostgreSQL too and across processes: what one has read stays true until it is saved.
    pub async fn begin(&self) -> Result<Tx, Fault> {
        Tx::begin(&self.db, &self.ring, Turn::Writer).await
    }

    /// Begins a transaction that only adds what nothing else changes (records, last uses). On
    /// PostgreSQL it runs beside others; on SQLite there is one writer at a time.
    pub async fn begin_append(&self) -> Result<Tx, Fault> {
        Tx::begin(&self.db, &self.ring, Turn::Appender).await
    }

    /// Begins reading: everything read until the transaction is dropped is from one instant.
    pub async fn read(&self) -> Result<Tx, Fault> {
        Tx::begin(&self.db, &self.ring, Turn::Reader).await
    }

    /// Closes every connection, once what is under way has ended.
    pub async fn close(&self) {
        self.db.close().await;
    }
}
