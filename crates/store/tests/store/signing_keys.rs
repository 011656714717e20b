//! The installation's own signing keys: listed by duty, and forgotten when they have stopped.

use bailiwick_store::Fault;
use bailiwick_store::signing_keys::Duty;

use crate::place::on_both;
use crate::samples::{at, signing_key};

#[tokio::test]
async fn signing_keys_are_listed_by_what_they_sign() {
    on_both(async |place| {
        let store = place.open().await;
        let mut tx = store.begin().await.unwrap();
        let mut keys = tx.signing_keys();
        let mut newer = signing_key("b", Duty::Token);
        newer.public.created_at = at(6);
        for key in [&signing_key("a", Duty::Token), &newer, &signing_key("c", Duty::Ledger)] {
            keys.insert(key).await.unwrap();
        }
        let listed = keys.list(Duty::Token).await.unwrap();
        assert!(listed == [newer, signing_key("a", Duty::Token)]);
        assert!(keys.list(Duty::Ledger).await.unwrap() == [signing_key("c", Duty::Ledger)]);
        let again = keys.insert(&signing_key("a", Duty::Ledger)).await;
        assert!(matches!(again, Err(Fault::Conflict("the signing key"))));
    })
    .await;
}

#[tokio::test]
async fn a_signing_key_that_has_stopped_loses_its_private_part() {
    on_both(async |place| {
        let store = place.open().await;
        let mut tx = store.begin().await.unwrap();
        let mut keys = tx.signing_keys();
        let mut key = signing_key("a", Duty::Token);
        keys.insert(&key).await.unwrap();
        assert!(keys.update("a", key.public.life).await.unwrap());
        assert!(keys.list(Duty::Token).await.unwrap() == [key.clone()]);
        key.public.life.stopped_at = Some(at(9));
        assert!(keys.update("a", key.public.life).await.unwrap());
        key.sealed.clear();
        assert!(keys.list(Duty::Token).await.unwrap() == [key.clone()]);
        assert!(!keys.update("b", key.public.life).await.unwrap());
    })
    .await;
}
