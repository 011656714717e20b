//! Transactions: everything between `begin` and `save` happens, or nothing.

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;

use bailiwick_domain::signal::Cause;
use futures_util::{Stream, TryStreamExt};
use sqlx::{AssertSqlSafe, PgPool, Postgres, SqlSafeStr, SqlStr, Sqlite, Transaction};
use tokio::task::JoinError;
use tokio::time::timeout;

use crate::fault::Fault;
use crate::listener::CHANNEL;
use crate::pool::{Db, PATIENCE};
use crate::ring::{Ring, Saved};
use crate::row::{Row, Value};

/// A transaction. Dropped without [`Tx::save`], it never happened.
#[must_use = "a transaction that is not saved never happened"]
pub struct Tx {
    live: Live,
    ring: Arc<Ring>,
    number: Option<i64>,
    /// Why what follows happens, as receivers of signals are told.
    pub(crate) cause: Option<Cause>,
}

enum Live {
    Sqlite(Transaction<'static, Sqlite>),
    Postgres(Transaction<'static, Postgres>),
}

/// How a transaction goes with others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Turn {
    Writer,
    Appender,
    Reader,
}

/// The most values one statement binds, well under what either database takes.
const MAX_BINDS: usize = 8_192;

impl Tx {
    pub(crate) async fn begin(db: &Db, ring: &Arc<Ring>, turn: Turn) -> Result<Self, Fault> {
        let live = match (db, turn) {
            (Db::Sqlite { writer, .. }, Turn::Writer | Turn::Appender) => {
                Live::Sqlite(answered(writer.begin_with("BEGIN IMMEDIATE")).await?)
            }
            (Db::Sqlite { readers, .. }, Turn::Reader) => {
                Live::Sqlite(answered(readers.begin()).await?)
            }
            (Db::Postgres(pool), Turn::Writer | Turn::Appender) => {
                Live::Postgres(begun(pool.clone(), "BEGIN").await?)
            }
            (Db::Postgres(pool), Turn::Reader) => {
                let begin = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";
                Live::Postgres(begun(pool.clone(), begin).await?)
            }
        };
        let mut tx = Self { live, ring: Arc::clone(ring), number: None, cause: None };
        if turn == Turn::Writer {
            tx.take_turn().await?;
        }
        Ok(tx)
    }

    /// On SQLite the turn came with `BEGIN IMMEDIATE`. The lock's key is arbitrary but fixed.
    async fn take_turn(&mut self) -> Result<(), Fault> {
        match self.live {
            Live::Sqlite(_) => Ok(()),
            Live::Postgres(_) => {
                self.script("SELECT pg_advisory_xact_lock(7236271902883211)").await
            }
        }
    }

    /// Runs a statement; how many rows it changed.
    pub async fn execute(
        &mut self,
        sql: impl SqlSafeStr,
        values: impl IntoIterator<Item = Value>,
    ) -> Result<u64, Fault> {
        self.run(sql.into_sql_str(), values.into_iter().collect()).await
    }

    async fn run(&mut self, sql: SqlStr, values: Vec<Value>) -> Result<u64, Fault> {
        match &mut self.live {
            Live::Sqlite(tx) => {
                let query = values.into_iter().fold(sqlx::query(sql), |q, v| v.bind_sqlite(q));
                Ok(answered(query.execute(&mut **tx)).await?.rows_affected())
            }
            Live::Postgres(tx) => {
                let query = values.into_iter().fold(sqlx::query(sql), |q, v| v.bind_postgres(q));
                Ok(answered(query.execute(&mut **tx)).await?.rows_affected())
            }
        }
    }

    /// Runs a query; all its rows.
    pub async fn fetch(
        &mut self,
        sql: impl SqlSafeStr,
        values: impl IntoIterator<Item = Value>,
    ) -> Result<Vec<Row>, Fault> {
        self.ask(sql.into_sql_str(), values.into_iter().collect()).await
    }

    async fn ask(&mut self, sql: SqlStr, values: Vec<Value>) -> Result<Vec<Row>, Fault> {
        match &mut self.live {
            Live::Sqlite(tx) => {
                let query = values.into_iter().fold(sqlx::query(sql), |q, v| v.bind_sqlite(q));
                let rows = answered(query.fetch_all(&mut **tx)).await?;
                Ok(rows.into_iter().map(Row::from).collect())
            }
            Live::Postgres(tx) => {
                let query = values.into_iter().fold(sqlx::query(sql), |q, v| v.bind_postgres(q));
                let rows = answered(query.fetch_all(&mut **tx)).await?;
                Ok(rows.into_iter().map(Row::from).collect())
            }
        }
    }

    /// Runs a query, and reads each row as it comes: of many rows only what was read is held.
    pub(crate) async fn fetch_each<T>(
        &mut self,
        sql: &'static str,
        values: impl IntoIterator<Item = Value>,
        read: fn(&Row) -> Result<T, Fault>,
    ) -> Result<Vec<T>, Fault> {
        match &mut self.live {
            Live::Sqlite(tx) => {
                let query = values.into_iter().fold(sqlx::query(sql), |q, v| v.bind_sqlite(q));
                answered(read_each(query.fetch(&mut **tx).map_ok(Row::from), read)).await?
            }
            Live::Postgres(tx) => {
                let query = values.into_iter().fold(sqlx::query(sql), |q, v| v.bind_postgres(q));
                answered(read_each(query.fetch(&mut **tx).map_ok(Row::from), read)).await?
            }
        }
    }

    /// Runs a query; its first row, if any.
    pub async fn fetch_first(
        &mut self,
        sql: impl SqlSafeStr,
        values: impl IntoIterator<Item = Value>,
    ) -> Result<Option<Row>, Fault> {
        Ok(self.fetch(sql, values).await?.into_iter().next())
    }

    /// Runs `before VALUES ($1, …), (…) after` for many rows of `width` values each, in as few
    /// statements as it takes. Row counts are powers of two, so that few statements get prepared.
    pub async fn execute_rows(
        &mut self,
        (before, after): (&'static str, &'static str),
        width: usize,
        mut values: Vec<Value>,
    ) -> Result<u64, Fault> {
        let width = width.max(1);
        let mut changed = 0;
        while values.len() >= width {
            let rows = (values.len().min(MAX_BINDS.max(width)) / width).max(1);
            let rows = 1_usize << rows.ilog2();
            let rest = values.split_off(rows * width);
            let sql = format!("{before} VALUES {} {after}", self.placeholders(rows, width));
            changed += self.execute(AssertSqlSafe(sql), values).await?;
            values = rest;
        }
        Ok(changed)
    }

    /// Binds for many rows. SQLite takes `$1` for a name and looks each up among all the others,
    /// which is quadratic; `?` is the next one.
    fn placeholders(&self, rows: usize, width: usize) -> String {
        let bind = |place: usize| match self.live {
            Live::Sqlite(_) => "?".to_owned(),
            Live::Postgres(_) => format!("${place}"),
        };
        let row = |row: usize| {
            let binds: Vec<_> = (1..=width).map(|place| bind(row * width + place)).collect();
            format!("({})", binds.join(","))
        };
        (0..rows).map(row).collect::<Vec<_>>().join(",")
    }

    /// Runs statements separated by semicolons, without values: migrations.
    pub(crate) async fn script(&mut self, sql: &'static str) -> Result<(), Fault> {
        match &mut self.live {
            Live::Sqlite(tx) => answered(sqlx::raw_sql(sql).execute(&mut **tx)).await.map(drop),
            Live::Postgres(tx) => answered(sqlx::raw_sql(sql).execute(&mut **tx)).await.map(drop),
        }
    }

    /// Commits; then wakes the feeds of this process and waits, at most two seconds, until each has
    /// applied the change. Whatever that wait says, the transaction is committed. A caller that
    /// stops waiting loses nothing: feeds notice by themselves within half a second.
    pub async fn save(mut self) -> Result<Saved, Fault> {
        self.tell_others().await?;
        match self.live {
            Live::Sqlite(tx) => answered(tx.commit()).await?,
            Live::Postgres(tx) => answered(tx.commit()).await?,
        }
        match self.number {
            Some(number) => Ok(self.ring.announce(number).await),
            None => Ok(Saved::InEffect),
        }
    }

    /// Says this transaction's number to the feeds of other processes. PostgreSQL passes it on when
    /// the transaction is committed, and never when it is not; on SQLite there is nobody to tell.
    async fn tell_others(&mut self) -> Result<(), Fault> {
        match (self.number, &self.live) {
            (Some(number), Live::Postgres(_)) => {
                let values = [CHANNEL.into(), number.to_string().into()];
                self.execute("SELECT pg_notify($1, $2)", values).await.map(drop)
            }
            (_, Live::Postgres(_) | Live::Sqlite(_)) => Ok(()),
        }
    }

    /// This transaction's place in the order of changes: taken at its first change and kept. Places
    /// have no gaps, since a transaction that never happened gives its place back.
    pub(crate) async fn number(&mut self) -> Result<i64, Fault> {
        if let Some(number) = self.number {
            return Ok(number);
        }
        let sql = "UPDATE change_counter SET number = number + 1 WHERE id = 1 RETURNING number";
        let row = self.fetch_first(sql, []).await?;
        let number = row.ok_or_else(|| Fault::corrupt("no change counter"))?.int("number")?;
        self.number = Some(number);
        Ok(number)
    }
}

async fn read_each<T>(
    rows: impl Stream<Item = Result<Row, sqlx::Error>>,
    read: fn(&Row) -> Result<T, Fault>,
) -> Result<Result<Vec<T>, Fault>, sqlx::Error> {
    let mut rows = pin!(rows);
    let mut found = Vec::new();
    while let Some(row) = rows.try_next().await? {
        match read(&row) {
            Ok(value) => found.push(value),
            Err(fault) => return Ok(Err(fault)),
        }
    }
    Ok(Ok(found))
}

/// The answer, if it comes in time. A connection that was given up on is not used again.
pub(crate) async fn answered<T>(
    question: impl Future<Output = Result<T, sqlx::Error>>,
) -> Result<T, Fault> {
    match timeout(PATIENCE * 2, question).await {
        Ok(answer) => Ok(answer?),
        Err(late) => Err(Fault::unavailable(late)),
    }
}

/// Begins on PostgreSQL, and does so to the end whoever stops waiting for it: a connection that was
/// given back between `BEGIN` and its answer would hand its transaction to whoever comes next.
async fn begun(pool: PgPool, begin: &'static str) -> Result<Transaction<'static, Postgres>, Fault> {
    let beginning = tokio::spawn(async move { pool.begin_with(begin).await });
    let stopped = |error: JoinError| Err(sqlx::Error::Io(error.into()));
    answered(async { beginning.await.unwrap_or_else(stopped) }).await
}
