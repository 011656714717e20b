//! The change feed: nothing missed, nothing told twice, and a save that waits for those who follow.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use bailiwick_domain::agent::{Agent, State};
use bailiwick_domain::credential::{Key, KeyState};
use bailiwick_domain::id::KeyId;
use bailiwick_domain::time::Clock;
use bailiwick_store::signing_keys::Duty;
use bailiwick_store::{Saved, Store};
use sqlx::postgres::PgListener;
use sqlx::{Connection, PgConnection};

use crate::place::{on_both, on_postgres, run};
use crate::samples::{agent, at, key, root, signing_key, trusted_issuer};

fn clock() -> (Clock, Arc<AtomicI64>) {
    let millis = Arc::new(AtomicI64::new(0));
    let read = Arc::clone(&millis);
    (Clock::new(move || at(read.load(Ordering::SeqCst))), millis)
}

async fn save_agent(store: &Store, agent: &Agent) -> Saved {
    let mut tx = store.begin().await.unwrap();
    if !tx.agents().update(agent).await.unwrap() {
        tx.agents().insert(agent).await.unwrap();
    }
    tx.save().await.unwrap()
}

#[tokio::test]
async fn a_feed_begins_with_everything() {
    on_both(async |place| {
        let store = place.open().await;
        let mut tx = store.begin().await.unwrap();
        tx.agents().insert(&agent(1)).await.unwrap();
        tx.keys().insert(&key(1, 1)).await.unwrap();
        tx.signing_keys().insert(&signing_key("a", Duty::Token)).await.unwrap();
        tx.roots().insert(&root(1)).await.unwrap();
        tx.issuers().insert(&trusted_issuer(1)).await.unwrap();
        tx.save().await.unwrap();
        let (snapshot, _feed) = store.follow(&clock().0).await.unwrap();
        assert_eq!(snapshot.agents, [agent(1)]);
        assert_eq!(snapshot.keys, [key(1, 1)]);
        assert_eq!(snapshot.signing, [signing_key("a", Duty::Token).public]);
        assert_eq!(snapshot.roots, [root(1)]);
        assert_eq!(snapshot.issuers, [trusted_issuer(1)]);
        assert_eq!(snapshot.number, 1);
    })
    .await;
}

#[tokio::test]
async fn what_changed_is_told_once_as_it_is_now() {
    on_both(async |place| {
        let store = place.open().await;
        save_agent(&store, &agent(1)).await;
        save_agent(&store, &agent(2)).await;
        let other = place.open().await;
        let (_, mut feed) = other.follow(&clock().0).await.unwrap();
        let mut tx = store.begin().await.unwrap();
        tx.keys().insert(&key(1, 1)).await.unwrap();
        tx.keys().revoke(KeyId::from_bits(1), at(9)).await.unwrap();
        let suspended = Agent { state: State::Suspended, ..agent(1) };
        tx.agents().update(&suspended).await.unwrap();
        tx.save().await.unwrap();
        let changes = feed.next().await.unwrap();
        assert_eq!(changes.number, 3, "transactions are numbered without gaps");
        assert_eq!(changes.agents, [suspended]);
        assert_eq!(changes.keys, [Key { state: KeyState::Revoked, ..key(1, 1) }]);
        assert!(changes.signing.is_empty());
        save_agent(&store, &agent(2)).await;
        let changes = feed.next().await.unwrap();
        assert_eq!((changes.number, changes.agents), (4, vec![agent(2)]));
        assert!(changes.keys.is_empty());
    })
    .await;
}

#[tokio::test]
async fn a_transaction_that_never_happened_leaves_no_gap() {
    on_both(async |place| {
        let store = place.open().await;
        let mut tx = store.begin().await.unwrap();
        tx.agents().insert(&agent(1)).await.unwrap();
        drop(tx);
        let mut tx = store.begin().await.unwrap();
        tx.operators().find_by_digest(&[0; 32]).await.unwrap();
        tx.save().await.unwrap();
        save_agent(&store, &agent(1)).await;
        let (snapshot, _feed) = store.follow(&clock().0).await.unwrap();
        assert_eq!(snapshot.number, 1);
    })
    .await;
}

#[tokio::test]
async fn a_save_returns_once_every_feed_has_applied_it() {
    on_both(async |place| {
        let store = place.open().await;
        let (_, mut first) = store.follow(&clock().0).await.unwrap();
        let (_, mut second) = store.follow(&clock().0).await.unwrap();
        let saving = tokio::spawn({
            let store = store.clone();
            async move { save_agent(&store, &agent(1)).await }
        });
        let number = first.next().await.unwrap().number;
        first.applied(number);
        assert_eq!(second.next().await.unwrap().number, number);
        assert!(!saving.is_finished());
        second.applied(number);
        assert_eq!(saving.await.unwrap(), Saved::InEffect);
    })
    .await;
}

#[tokio::test]
async fn a_feed_that_is_gone_holds_nobody_up() {
    on_both(async |place| {
        let store = place.open().await;
        let (_, gone) = store.follow(&clock().0).await.unwrap();
        let (_, mut leaving) = store.follow(&clock().0).await.unwrap();
        drop(gone);
        let saving = tokio::spawn({
            let store = store.clone();
            async move { save_agent(&store, &agent(1)).await }
        });
        leaving.next().await.unwrap();
        drop(leaving);
        assert_eq!(saving.await.unwrap(), Saved::InEffect);
    })
    .await;
}

#[tokio::test]
async fn the_use_of_a_key_is_no_change() {
    on_both(async |place| {
        let store = place.open().await;
        save_agent(&store, &agent(1)).await;
        let mut tx = store.begin().await.unwrap();
        tx.keys().insert(&key(1, 1)).await.unwrap();
        tx.save().await.unwrap();
        let (before, mut feed) = store.follow(&clock().0).await.unwrap();
        let mut tx = store.begin_append().await.unwrap();
        tx.keys().touch(&[(KeyId::from_bits(1), at(9))]).await.unwrap();
        assert_eq!(tx.save().await.unwrap(), Saved::InEffect);
        let saving = tokio::spawn(async move { save_agent(&store, &agent(2)).await });
        let changes = feed.next().await.unwrap();
        assert_eq!((changes.number, changes.keys), (before.number + 1, vec![]));
        drop(feed);
        saving.await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn nothing_is_lost_when_waiting_is_given_up() {
    on_both(async |place| {
        let (store, other) = (place.open().await, place.open().await);
        let (_, mut feed) = other.follow(&clock().0).await.unwrap();
        let mut told = Vec::new();
        for id in 1..=10 {
            save_agent(&store, &agent(id)).await;
            // Polled once and dropped, at whatever point it has reached.
            if let Ok(changes) = tokio::time::timeout(Duration::ZERO, feed.next()).await {
                told.extend(changes.unwrap().agents);
            }
        }
        if told.len() < 10 {
            told.extend(feed.next().await.unwrap().agents);
        }
        assert_eq!(told, (1..=10).map(agent).collect::<Vec<_>>());
    })
    .await;
}

#[tokio::test]
async fn a_feed_knows_when_the_store_last_answered() {
    on_both(async |place| {
        let (store, other) = (place.open().await, place.open().await);
        let (clock, millis) = clock();
        millis.store(1_000, Ordering::SeqCst);
        let (_, mut feed) = other.follow(&clock).await.unwrap();
        let contact = feed.contact();
        assert_eq!(contact.last(), at(1_000));
        millis.store(2_000, Ordering::SeqCst);
        save_agent(&store, &agent(1)).await;
        feed.next().await.unwrap();
        assert_eq!(contact.last(), at(2_000));
        millis.store(3_000, Ordering::SeqCst);
        other.close().await;
        assert!(feed.next().await.is_err());
        assert!(feed.next().await.is_err());
        assert_eq!(contact.last(), at(2_000), "a failure is no answer");
    })
    .await;
}

#[tokio::test]
async fn what_is_committed_is_said_to_other_processes_and_nothing_else() {
    on_postgres(async |place| {
        let (store, other) = (place.open().await, place.open().await);
        let (_, mut feed) = other.follow(&clock().0).await.unwrap();
        let mut ear = PgListener::connect(&place.url).await.unwrap();
        ear.listen("bailiwick_changes").await.unwrap();
        let mut tx = store.begin().await.unwrap();
        tx.agents().insert(&agent(1)).await.unwrap();
        drop(tx);
        save_agent(&store, &agent(2)).await;
        assert_eq!(ear.recv().await.unwrap().payload(), "1", "only what was committed is said");
        assert_eq!(feed.next().await.unwrap().agents, [agent(2)]);
    })
    .await;
}

#[tokio::test]
async fn a_feed_that_lost_its_ear_still_finds_every_change() {
    on_postgres(async |place| {
        let (store, other) = (place.open().await, place.open().await);
        let (_, mut feed) = other.follow(&clock().0).await.unwrap();
        let mut killer = PgConnection::connect(&place.url).await.unwrap();
        let kill = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
                    WHERE datname = current_database() AND query LIKE 'LISTEN%'";
        for id in 1..=3 {
            save_agent(&store, &agent(id)).await;
            run(&mut killer, kill.into()).await;
            assert_eq!(feed.next().await.unwrap().agents, [agent(id)]);
        }
    })
    .await;
}

#[tokio::test]
async fn everything_can_be_read_again_and_what_came_meanwhile_is_caught_up_with() {
    on_both(async |place| {
        let store = place.open().await;
        save_agent(&store, &agent(1)).await;
        let other = place.open().await;
        let (_, mut feed) = other.follow(&clock().0).await.unwrap();
        let reading = feed.whole();
        let by_hand = "UPDATE agents SET owner = 'nobody'";
        let mut tx = store.begin_append().await.unwrap();
        tx.execute(by_hand, []).await.unwrap();
        tx.save().await.unwrap();
        let whole = reading.await.unwrap();
        assert_eq!((whole.number, &*whole.agents[0].owner), (1, "nobody"));
        assert_eq!(feed.catch_up(whole.number).await.unwrap(), None);
        save_agent(&store, &agent(2)).await;
        save_agent(&store, &agent(3)).await;
        let since = feed.catch_up(whole.number).await.unwrap().unwrap();
        assert_eq!((since.number, since.agents), (3, vec![agent(2), agent(3)]));
        save_agent(&store, &agent(4)).await;
        assert_eq!(feed.next().await.unwrap().agents, [agent(4)], "nothing is told twice");
    })
    .await;
}
