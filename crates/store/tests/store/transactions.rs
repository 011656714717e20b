//! Transactions: all or nothing, in turns, and read from one instant.

use std::future::poll_fn;
use std::pin::pin;
use std::task::Poll;

use bailiwick_domain::id::{InviteId, KeyId};
use bailiwick_store::{Fault, Store, Value};

use crate::place::on_both;
use crate::samples::{agent, at, invite};

async fn names(store: &Store) -> usize {
    store.read().await.unwrap().agents().list(None).await.unwrap().len()
}

#[tokio::test]
async fn what_is_not_saved_never_happened() {
    on_both(async |place| {
        let store = place.open().await;
        let mut tx = store.begin().await.unwrap();
        tx.agents().insert(&agent(1)).await.unwrap();
        drop(tx);
        assert_eq!(names(&store).await, 0);
        let mut tx = store.begin().await.unwrap();
        tx.agents().insert(&agent(1)).await.unwrap();
        tx.save().await.unwrap();
        assert_eq!(names(&store).await, 1);
    })
    .await;
}

#[tokio::test]
async fn a_reader_sees_one_instant() {
    on_both(async |place| {
        let store = place.open().await;
        let mut reading = store.read().await.unwrap();
        assert!(reading.agents().list(None).await.unwrap().is_empty());
        let mut tx = store.begin().await.unwrap();
        tx.agents().insert(&agent(1)).await.unwrap();
        tx.save().await.unwrap();
        assert!(reading.agents().list(None).await.unwrap().is_empty());
        assert_eq!(names(&store).await, 1);
    })
    .await;
}

#[tokio::test]
async fn a_reader_cannot_write() {
    on_both(async |place| {
        let store = place.open().await;
        let mut reading = store.read().await.unwrap();
        let written = reading.agents().insert(&agent(1)).await;
        assert!(matches!(written, Err(Fault::Unavailable(_))));
    })
    .await;
}

async fn take_use(store: &Store) -> bool {
    let mut tx = store.begin().await.unwrap();
    let found = tx.invites().find(InviteId::from_bits(1)).await.unwrap().unwrap();
    let Ok(taken) = found.take_use(at(5)) else { return false };
    assert!(tx.invites().update(&taken).await.unwrap());
    tx.save().await.unwrap();
    true
}

#[tokio::test]
async fn what_a_writer_has_read_stays_true_until_it_saves() {
    on_both(async |place| {
        let stores = [place.open().await, place.open().await];
        let mut tx = stores[0].begin().await.unwrap();
        tx.invites().insert(&invite(1, 7)).await.unwrap();
        tx.save().await.unwrap();
        let mut takers = tokio::task::JoinSet::new();
        for taker in 0..20 {
            let store = stores[taker % 2].clone();
            takers.spawn(async move { take_use(&store).await });
        }
        let taken = takers.join_all().await;
        assert_eq!(taken.iter().filter(|taken| **taken).count(), 7);
    })
    .await;
}

#[tokio::test]
async fn many_rows_go_in_whatever_their_number() {
    on_both(async |place| {
        let store = place.open().await;
        let mut id = 0_i64;
        for count in [0, 1, 2, 3, 1_000, 4_095, 4_097, 10_001] {
            let mut tx = store.begin_append().await.unwrap();
            let rows = (0..count).flat_map(|_| {
                id += 1;
                [Value::from(KeyId::from_bits(id.unsigned_abs().into())), Value::from(id)]
            });
            let rows = rows.collect();
            let before = "WITH fresh (id, at) AS (";
            let after = ") INSERT INTO operators (id, token_digest, created_at) \
                         SELECT id, id, at FROM fresh";
            let written = tx.execute_rows((before, after), 2, rows).await.unwrap();
            assert_eq!(written, count);
            tx.save().await.unwrap();
        }
        let mut tx = store.read().await.unwrap();
        let sum = tx.fetch_first("SELECT COUNT(*) AS n FROM operators", []).await.unwrap();
        assert_eq!(sum.unwrap().int("n").unwrap(), id);
    })
    .await;
}

#[tokio::test]
async fn a_column_that_is_not_as_it_should_be_is_corrupt() {
    on_both(async |place| {
        let mut tx = place.open().await.read().await.unwrap();
        let sql = "SELECT CAST('text' AS TEXT) AS text, CAST(7 AS BIGINT) AS int, \
                   CAST(NULL AS TEXT) AS missing";
        let row = tx.fetch_first(sql, []).await.unwrap().unwrap();
        assert_eq!((row.text("text").unwrap(), row.int("int").unwrap()), ("text", 7));
        assert_eq!(row.text_or_null("missing").unwrap(), None);
        let corrupt = [
            row.text("missing").map(drop),
            row.text("absent").map(drop),
            row.text("int").map(drop),
            row.int("text").map(drop),
            row.int("absent").map(drop),
            row.parsed::<KeyId>("text").map(drop),
        ];
        for (case, fault) in corrupt.iter().enumerate() {
            assert!(matches!(fault, Err(Fault::Corrupt(_))), "{case}: {fault:?}");
        }
    })
    .await;
}

/// Looks at a future so often, and gives it up.
async fn give_up_after(looks: u32, begun: impl Future) {
    let mut begun = pin!(begun);
    let mut left = looks;
    poll_fn(|context| {
        left = left.saturating_sub(1);
        if left == 0 || begun.as_mut().poll(context).is_ready() {
            return Poll::Ready(());
        }
        // Looked at again at once, so that it is given up at every stage that it goes through.
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

#[tokio::test]
async fn a_reading_that_is_given_up_half_way_leaves_no_transaction_behind() {
    on_both(async |place| {
        let store = place.open().await;
        for looks in 1..200 {
            give_up_after(looks, store.read()).await;
            let mut tx = store.begin_append().await.unwrap();
            let written = tx.agents().insert(&agent(u128::from(looks))).await;
            assert!(written.is_ok(), "after {looks} looks: {written:?}");
            tx.save().await.unwrap();
        }
        assert_eq!(names(&store).await, 199);
    })
    .await;
}
