//! Connections to one of two databases.

use std::fs::OpenOptions;
use std::io::ErrorKind;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::str::FromStr;
use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{PgPool, SqlitePool};
use tokio::time::{Instant, sleep};

use crate::fault::Fault;

/// How long the store waits for a connection, a lock or an answer before it gives up.
pub(crate) const PATIENCE: Duration = Duration::from_secs(5);

/// How long to wait before a busy file is tried again.
const BUSY: Duration = Duration::from_millis(10);

const POSTGRES_CONNECTIONS: u32 = 16;
const SQLITE_READERS: u32 = 8;

/// The two databases.
#[derive(Clone)]
pub(crate) enum Db {
    /// A file beside the program. One connection writes, so that writers queue here instead of
    /// failing on each other's locks; the others only read.
    Sqlite { writer: SqlitePool, readers: SqlitePool },
    /// A server.
    Postgres(PgPool),
}

impl Db {
    /// Opens `sqlite:PATH` (relative to `base`) or `postgres://…`.
    pub(crate) async fn open(url: &str, base: &Path) -> Result<Self, Fault> {
        match url.strip_prefix("sqlite:") {
            Some(path) => open_sqlite(&base.join(path.strip_prefix("//").unwrap_or(path))).await,
            None => open_postgres(url).await,
        }
    }

    /// Closes every connection, once what is under way has ended.
    pub(crate) async fn close(&self) {
        match self {
            Self::Sqlite { writer, readers } => {
                readers.close().await;
                writer.close().await;
            }
            Self::Postgres(pool) => pool.close().await,
        }
    }
}

async fn open_sqlite(path: &Path) -> Result<Db, Fault> {
    let created = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
    match created {
        Err(error) if error.kind() != ErrorKind::AlreadyExists => {
            return Err(Fault::unavailable(format!("{}: {error}", path.display())));
        }
        Ok(_) | Err(_) => {}
    }
    let options = SqliteConnectOptions::new()
        .filename(path)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .busy_timeout(PATIENCE)
        .foreign_keys(true)
        .row_buffer_size(1_024);
    let pool = || SqlitePoolOptions::new().acquire_timeout(PATIENCE);
    let writer = connect(&pool().max_connections(1), &options).await?;
    let reading = options.pragma("query_only", "on");
    let readers = pool().max_connections(SQLITE_READERS).connect_lazy_with(reading);
    Ok(Db::Sqlite { writer, readers })
}

/// Connects, and waits while another process makes the new file a WAL database: for that alone
/// SQLite does not wait by itself.
async fn connect(
    pool: &SqlitePoolOptions,
    options: &SqliteConnectOptions,
) -> Result<SqlitePool, sqlx::Error> {
    let end = Instant::now() + PATIENCE;
    loop {
        match pool.clone().connect_with(options.clone()).await {
            Err(error) if is_busy(&error) && Instant::now() < end => sleep(BUSY).await,
            connected => return connected,
        }
    }
}

/// `SQLITE_BUSY`, however extended (SQLite, result codes).
fn is_busy(error: &sqlx::Error) -> bool {
    let code = error.as_database_error().and_then(|error| error.code()?.parse::<u32>().ok());
    code.is_some_and(|code| code & 0xff == 5)
}

async fn open_postgres(url: &str) -> Result<Db, Fault> {
    if !url.starts_with("postgres://") && !url.starts_with("postgresql://") {
        return Err(Fault::unavailable("a store is `sqlite:PATH` or `postgres://…`"));
    }
    let options = PgConnectOptions::from_str(url)?.application_name("bailiwick");
    let pool = PgPoolOptions::new()
        .max_connections(POSTGRES_CONNECTIONS)
        .acquire_timeout(PATIENCE)
        .after_connect(|connection, _| Box::pin(bound_waits(connection)))
        .connect_with(options)
        .await?;
    Ok(Db::Postgres(pool))
}

/// No process, hung or gone, may keep the others waiting for long.
async fn bound_waits(connection: &mut sqlx::PgConnection) -> Result<(), sqlx::Error> {
    let bounds = "SET lock_timeout = '5s'; SET statement_timeout = '30s'; \
                  SET idle_in_transaction_session_timeout = '10s'";
    sqlx::raw_sql(bounds).execute(connection).await.map(drop)
}
