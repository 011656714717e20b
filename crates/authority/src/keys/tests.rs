use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use bailiwick_domain::entropy::Entropy;
use bailiwick_domain::signing::OVERLAP_SECONDS;
use bailiwick_domain::time::Clock;
use bailiwick_vault::seal::Sealer;
use tempfile::TempDir;

use super::*;

const DAY: i64 = 86_400;

/// A store, and what keys are made with in it.
struct Ground {
    store: Store,
    sealer: Sealer,
    clock: Clock,
    now: Arc<AtomicI64>,
    entropy: Entropy,
    _folder: TempDir,
}

impl Ground {
    async fn lay() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let now = Arc::new(AtomicI64::new(0));
        let (hands, drawn) = (Arc::clone(&now), AtomicU64::new(1));
        Self {
            store: Store::open("sqlite:keys.db", folder.path()).await.unwrap(),
            sealer: Sealer::new([7; 32]).unwrap(),
            clock: Clock::new(move || Timestamp::from_seconds(hands.load(Ordering::SeqCst))),
            now,
            entropy: Entropy::new(move |buffer| {
                for byte in buffer {
                    let word = drawn.fetch_add(0x9e37_79b9_7f4a_7c15, Ordering::SeqCst);
                    *byte = word.wrapping_mul(0xbf58_476d_1ce4_e5b9).to_be_bytes()[0];
                }
            }),
            _folder: folder,
        }
    }

    fn making(&self) -> Making<'_> {
        Making { sealer: &self.sealer, clock: &self.clock, entropy: &self.entropy }
    }

    fn pass(&self, seconds: i64) {
        self.now.fetch_add(seconds, Ordering::SeqCst);
    }

    async fn open(&self) -> Keys {
        Keys::open(&self.store, self.making()).await.unwrap()
    }

    /// The keys as this process sees them, replaced after two days.
    async fn look(&self, keys: &Keys) -> Arc<Signing> {
        keys.current(&self.store, self.making(), 2).await.unwrap()
    }

    async fn published(&self, keys: &Keys) -> Vec<String> {
        let signing = self.look(keys).await;
        published(&signing)
    }

    async fn turn(&self, revoke: bool) {
        let mut tx = self.store.begin().await.unwrap();
        rotation::turn(&mut tx, self.making(), revoke).await.unwrap();
        tx.save().await.unwrap();
    }

    async fn count(&self) -> usize {
        let mut tx = self.store.read().await.unwrap();
        tx.signing_keys().list(Duty::Token).await.unwrap().len()
    }
}

/// The names of the published keys; the one that signs comes first.
fn published(signing: &Signing) -> Vec<String> {
    let set: Value = serde_json::from_str(&signing.jwks).unwrap();
    let keys = set["keys"].as_array().unwrap().iter();
    let kids: Vec<_> = keys.map(|key| key["kid"].as_str().unwrap().to_owned()).collect();
    assert_eq!(kids[0], signing.key.thumbprint());
    kids
}

#[tokio::test]
async fn keys_take_turns_by_age_and_overlap() {
    let ground = Ground::lay().await;
    let keys = ground.open().await;
    let first = ground.published(&keys).await;
    assert_eq!(first.len(), 2, "the one that signs and the next");
    ground.pass(2 * DAY - 1);
    assert_eq!(ground.published(&keys).await, first);
    ground.pass(1);
    let second = ground.published(&keys).await;
    assert_eq!((second.len(), &second[0]), (3, &first[1]), "the next one signs");
    assert!(second.contains(&first[0]), "what it signed may be valid still");
    ground.pass(OVERLAP_SECONDS - 1);
    assert_eq!(ground.published(&keys).await, second);
    ground.pass(1);
    let third = ground.published(&keys).await;
    assert!(third.len() == 2 && !third.contains(&first[0]), "and is gone when nothing is");
}

#[tokio::test]
async fn many_processes_that_find_a_key_due_at_once_make_one_new_key() {
    let ground = Ground::lay().await;
    let (one, two, three) = tokio::join!(ground.open(), ground.open(), ground.open());
    assert_eq!(ground.count().await, 2);
    ground.pass(2 * DAY);
    let (first, second, third) =
        tokio::join!(ground.look(&one), ground.look(&two), ground.look(&three));
    assert_eq!(ground.count().await, 3);
    for other in [second, third] {
        assert_eq!(published(&other), published(&first));
    }
}

#[tokio::test]
async fn a_process_picks_up_what_another_has_decided() {
    let ground = Ground::lay().await;
    let keys = ground.open().await;
    let before = ground.published(&keys).await;
    ground.turn(true).await;
    ground.pass(1);
    let after = ground.published(&keys).await;
    assert_eq!((after.len(), &after[0]), (2, &before[1]));
    assert!(!after.contains(&before[0]));
}

#[tokio::test]
async fn a_revocation_ends_every_key_that_signed_before() {
    let ground = Ground::lay().await;
    let keys = ground.open().await;
    let before = ground.published(&keys).await;
    ground.turn(false).await;
    ground.pass(1);
    assert_eq!(ground.published(&keys).await.len(), 3);
    ground.turn(true).await;
    ground.pass(1);
    let after = ground.published(&keys).await;
    assert!(after.len() == 2 && !before.iter().any(|kid| after.contains(kid)));
}

#[tokio::test]
async fn private_parts_rest_sealed_and_only_of_keys_that_may_sign() {
    let ground = Ground::lay().await;
    let keys = ground.open().await;
    ground.turn(false).await;
    ground.pass(1);
    let signing = ground.look(&keys).await;
    let mut tx = ground.store.read().await.unwrap();
    let stored = tx.signing_keys().list(Duty::Token).await.unwrap();
    assert_eq!(stored.iter().filter(|key| key.sealed.is_empty()).count(), 1);
    for key in stored {
        assert!(!key.public.jwk.contains("\"d\""));
        let readable = String::from_utf8_lossy(&key.sealed).contains("kty");
        assert!(!readable, "nothing is read without the installation's key");
    }
    assert!(!signing.jwks.contains("\"d\"") && !format!("{keys:?}").contains("\"d\""));
}

#[tokio::test]
async fn several_who_replace_the_same_key_replace_it_once() {
    let ground = Ground::lay().await;
    let keys = ground.open().await;
    let current = async || ground.look(&keys).await.key.thumbprint().to_owned();
    let replace = async |seen: &str, revoke| {
        let mut tx = ground.store.begin().await.unwrap();
        let found = rotation::replace(&mut tx, ground.making(), (seen, revoke)).await.unwrap();
        tx.save().await.unwrap();
        ground.pass(2);
        found.len()
    };
    let first = current().await;
    assert_eq!((replace(&first, false).await, replace(&first, false).await), (3, 3));
    let second = current().await;
    assert_ne!(second, first);
    // Whoever meant to revoke it, with all that was signed before, still does; once.
    assert_eq!((replace(&first, true).await, replace(&first, true).await), (4, 4));
    assert_eq!((replace(&first, false).await, replace(&second, true).await), (4, 4));
    let third = current().await;
    assert!(third != first && third != second);
    assert_eq!(replace(&third, false).await, 5);
}
