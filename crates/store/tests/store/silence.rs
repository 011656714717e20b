//! Stores that do not answer, answer late, or go away: always a fault, never a wrong answer.

use bailiwick_domain::time::Clock;
use bailiwick_store::fast::Fast;
use bailiwick_store::{Fault, Store};
use sqlx::{Connection, PgConnection};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

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

/// Passes on what arrives, one way, while the gate is open.
async fn relay(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, mut gate: watch::Receiver<bool>) {
    let mut buffer = [0; 4_096];
    while let Ok(length @ 1..) = from.read(&mut buffer).await {
        let _ = gate.wait_for(|open| *open).await;
        let _ = to.write_all(&buffer[..length]).await;
    }
}

/// Stands between a client and a server until the gate is closed; then nobody hears of the other.
async fn stand_between(listener: TcpListener, server: String, gate: watch::Receiver<bool>) {
    while let Ok((near, _)) = listener.accept().await {
        let (from_near, to_near) = near.into_split();
        let (from_far, to_far) = TcpStream::connect(&server).await.unwrap().into_split();
        tokio::spawn(relay(from_near, to_far, gate.clone()));
        tokio::spawn(relay(from_far, to_near, gate.clone()));
    }
}

#[tokio::test]
async fn a_database_that_falls_silent_is_given_up_wherever_one_waits() {
    on_postgres(async |place| {
        let (listener, port) = mute().await;
        let (server, name) = place.url.rsplit_once('/').unwrap();
        let (user, server) = server.trim_start_matches("postgres://").split_once('@').unwrap();
        let (gate, open) = watch::channel(true);
        tokio::spawn(stand_between(listener, server.to_owned(), open));
        let url = format!("postgres://{user}@127.0.0.1:{port}/{name}");
        let store = Store::open(&url, place.path()).await.unwrap();
        let (_, mut feed) = store.follow(&Clock::new(|| at(0))).await.unwrap();
        let mut tx = store.begin().await.unwrap();
        tx.agents().insert(&agent(1)).await.unwrap();
        gate.send_replace(false);
        tokio::time::pause();
        assert!(matches!(feed.next().await, Err(Fault::Unavailable(_))));
        assert!(matches!(tx.agents().list(None).await, Err(Fault::Unavailable(_))));
        assert!(matches!(tx.save().await, Err(Fault::Unavailable(_))));
        assert!(matches!(store.begin().await, Err(Fault::Unavailable(_))));
        tokio::time::resume();
    })
    .await;
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
