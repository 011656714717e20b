//! Where one test keeps its things: a database, or a name in Redis, that is its own.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::path::Path;

use bailiwick_store::Store;
use bailiwick_store::fast::Fast;
use sqlx::{AssertSqlSafe, Connection, PgConnection};
use tempfile::TempDir;

use crate::samples::{at, used};

/// One empty database.
pub(crate) struct Place {
    pub(crate) url: String,
    pub(crate) folder: TempDir,
}

impl Place {
    /// The store there; each call opens it anew, as another process would.
    pub(crate) async fn open(&self) -> Store {
        Store::open(&self.url, self.folder.path()).await.unwrap()
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }
}

/// Runs a scenario on SQLite, then on PostgreSQL.
pub(crate) async fn on_both(scenario: impl AsyncFn(&Place)) {
    on_sqlite(&scenario).await;
    on_postgres(&scenario).await;
}

pub(crate) async fn on_sqlite(scenario: impl AsyncFn(&Place)) {
    let folder = tempfile::tempdir().unwrap();
    scenario(&Place { url: "sqlite:store.db".into(), folder }).await;
}

pub(crate) async fn on_postgres(scenario: impl AsyncFn(&Place)) {
    let server = server("BAILIWICK_TEST_POSTGRES");
    let name = format!("store_{}", unique());
    let mut admin = PgConnection::connect(&server).await.expect("PostgreSQL answers");
    run(&mut admin, format!("CREATE DATABASE {name}")).await;
    let (base, _) = server.rsplit_once('/').expect("a URL that names a database");
    let folder = tempfile::tempdir().unwrap();
    scenario(&Place { url: format!("{base}/{name}"), folder }).await;
    run(&mut admin, format!("DROP DATABASE {name} WITH (FORCE)")).await;
}

pub(crate) async fn run(connection: &mut PgConnection, sql: String) {
    sqlx::raw_sql(AssertSqlSafe(sql)).execute(connection).await.unwrap();
}

/// The two fast arms, each empty and remembering from the epoch on.
pub(crate) async fn on_both_arms(scenario: impl AsyncFn(&Fast)) {
    scenario(&Fast::open("memory", at(0)).unwrap()).await;
    let redis = Fast::open(&redis_url(), at(0)).unwrap();
    // The first to arrive says since when nonces are remembered.
    redis.reserve(&[used(u128::MAX, 0, "1/s")], at(0)).await.unwrap();
    scenario(&redis).await;
}

/// A name of its own in Redis.
pub(crate) fn redis_url() -> String {
    format!("{}#{}", server("BAILIWICK_TEST_REDIS"), unique())
}

#[expect(clippy::disallowed_methods, reason = "the servers are named by the environment")]
pub(crate) fn server(variable: &str) -> String {
    let found = std::env::var(variable);
    found.unwrap_or_else(|_| panic!("{variable} names no server: run `cargo xtask test`"))
}

fn unique() -> String {
    format!("{:016x}", RandomState::new().build_hasher().finish())
}
