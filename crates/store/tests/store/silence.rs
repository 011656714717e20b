//! Stores that do not answer, answer late, or go away: always a fault, never a wrong answer.

use bailiwick_store::fast::Fast;
use bailiwick_store::{Fault, Store};
use sqlx::{Connection, PgConnection};
use tokio::net::TcpListener;

use crate::place::{on_postgres, on_sqlite, run};
use crate::samples::{agent, at, used};

/// Accepts nothing, but the kernel shakes hands for it.
async fn mute() -> (TcpListener, u16) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    (listener, port)
}

#[tokio::test(start_paused = true)]
async fn a_database_that_never_answers_is_given_up() {
    let (_listener, port) = mute().await;
    let url = format!("postgres://someone@127.0.0.1:{port}/x");
    let opened = Store::open(&url, ".".as_ref()).await;
    assert!(matches!(opened, Err(Fault::Unavailable(_))));
}

#[tokio::test(start_paused = true)]
async fn a_database_where_nobody_listens_is_given_up() {
    for url in ["postgres://127.0.0.1:1/x", "postgresql://127.0.0.1:1/", "postgres://[::1]:1/x"] {
        let opened = Store::open(url, ".".as_ref()).await;
        assert!(matches!(opened, Err(Fault::Unavailable(_))), "{url}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_redis_that_never_answers_is_given_up() {
    let (_listener, port) = mute().await;
    let redis = Fast::open(&format!("redis://127.0.0.1:{port}/"), at(0)).unwrap();
    let reserved = redis.reserve(&[used(1, 0, "1/s")], at(0)).await;
    assert!(matches!(reserved, Err(Fault::Unavailable(_))));
}

#[tokio::test]
async fn a_lost_connection_fails_its_transaction_and_the_next_one_works() {
    on_postgres(async |place| {
        let store = place.open().await;
        let mut tx = store.begin().await.unwrap();
        tx.agents().insert(&agent(1)).await.unwrap();
        let mut killer = PgConnection::connect(&place.url).await.unwrap();
        let kill = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
                    WHERE datname = current_database() AND pid <> pg_backend_pid()";
        run(&mut killer, kill.into()).await;
        assert!(matches!(tx.agents().list(None).await, Err(Fault::Unavailable(_))));
        assert!(tx.save().await.is_err());
        let mut tx = store.begin().await.unwrap();
        assert!(tx.agents().list(None).await.unwrap().is_empty());
    })
    .await;
}

#[tokio::test]
async fn a_writer_that_never_ends_keeps_others_waiting_only_so_long() {
    on_sqlite(async |place| {
        let store = place.open().await;
        let _endless = store.begin().await.unwrap();
        tokio::time::pause();
        assert!(matches!(store.begin().await, Err(Fault::Unavailable(_))));
        tokio::time::resume();
        store.read().await.unwrap().agents().list(None).await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn a_closed_store_is_a_fault() {
    on_sqlite(async |place| {
        let store = place.open().await;
        store.close().await;
        assert!(matches!(store.begin().await, Err(Fault::Unavailable(_))));
        assert!(matches!(store.read().await, Err(Fault::Unavailable(_))));
    })
    .await;
}
