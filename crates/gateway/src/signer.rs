//! The gateway's own key: by it an API knows that what it is told of a request comes from here.
//! Made in this process, and its private part never leaves it; the public part is published by the
//! authority for as long as anything signed with it is valid.

use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use bailiwick_domain::credential::Algorithm;
use bailiwick_domain::entropy::Entropy;
use bailiwick_domain::time::{Clock, Timestamp};
use bailiwick_proof::jwt::TRANSACTION_SECONDS;
use bailiwick_proof::keys::{KeyError, PublicKey, SigningKey};
use bailiwick_store::Store;
use bailiwick_store::transaction_keys::TransactionKey;

/// The age at which a key signs no more, in seconds.
const LIFE_SECONDS: i64 = 24 * 60 * 60;
/// How long before that the next one is published, in seconds: longer than any API keeps a key set.
const AHEAD_SECONDS: i64 = 60 * 60;
/// How much longer than its last token a key is published, for clocks that are behind.
const SKEW_SECONDS: i64 = 60;
const LOOK: Duration = Duration::from_mins(1);

/// Why there is no key.
#[derive(Debug, thiserror::Error)]
pub enum Keyless {
    /// It cannot be made.
    #[error("a key to sign with cannot be made")]
    Key(#[from] KeyError),
    /// It cannot be published, and what it signs could not be checked.
    #[error("the public part of the gateway's key cannot be published")]
    Store(#[from] bailiwick_store::Fault),
}

/// The key, which is replaced for as long as this is held.
pub struct Signer {
    /// The key that signs now.
    pub key: Arc<ArcSwap<SigningKey>>,
    task: tokio::task::JoinHandle<()>,
}

/// Where keys are published, and what they are made of.
#[derive(Clone)]
pub struct Workshop {
    /// Where the public parts are kept.
    pub store: Store,
    /// The present.
    pub clock: Clock,
    /// Unpredictable bytes.
    pub entropy: Entropy,
}

/// A key and its successor, once that is published.
struct Turns {
    workshop: Workshop,
    key: Arc<ArcSwap<SigningKey>>,
    since: Timestamp,
    next: Option<(SigningKey, Timestamp)>,
}

impl Signer {
    /// Makes a key, publishes it, and replaces it in time from then on.
    pub async fn start(workshop: Workshop) -> Result<Self, Keyless> {
        let mut turns = Turns::begin(workshop).await?;
        let key = Arc::clone(&turns.key);
        let task = tokio::spawn(async move {
            let mut look = tokio::time::interval(LOOK);
            loop {
                look.tick().await;
                if let Err(error) = turns.take(turns.workshop.clock.now()).await {
                    tracing::warn!(%error, "the gateway's next key is not ready yet");
                }
            }
        });
        Ok(Self { key, task })
    }
}

impl Drop for Signer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Turns {
    async fn begin(workshop: Workshop) -> Result<Self, Keyless> {
        let (key, since) = workshop.publish().await?;
        let key = Arc::new(ArcSwap::from_pointee(key));
        Ok(Self { workshop, key, since, next: None })
    }

    /// Publishes the next key when it is time to, and lets it take its turn when it is time for
    /// that.
    async fn take(&mut self, now: Timestamp) -> Result<(), Keyless> {
        let age = now.millis_since(self.since) / 1_000;
        if age >= LIFE_SECONDS - AHEAD_SECONDS && self.next.is_none() {
            self.next = Some(self.workshop.publish().await?);
        }
        if age >= LIFE_SECONDS
            && let Some((key, since)) = self.next.take()
        {
            self.key.store(Arc::new(key));
            self.since = since;
        }
        Ok(())
    }
}

impl Workshop {
    /// Ed25519, where access tokens are ES256: an API that expects one takes nothing for the other.
    async fn publish(&self) -> Result<(SigningKey, Timestamp), Keyless> {
        let now = self.clock.now();
        let key = SigningKey::generate(Algorithm::Ed25519, &self.entropy)?;
        let jwk = key.public().map(PublicKey::to_jwk).ok_or(KeyError::Failed)?;
        let lasting = LIFE_SECONDS + TRANSACTION_SECONDS + SKEW_SECONDS;
        let id = key.thumbprint().to_owned();
        let public =
            TransactionKey { id, jwk, created_at: now, expires_at: now.plus_seconds(lasting) };
        let mut tx = self.store.begin().await?;
        tx.transaction_keys().insert(&public).await?;
        tx.save().await?;
        Ok((key, now))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicI64, Ordering};

    use super::*;

    #[tokio::test]
    async fn a_key_is_replaced_in_a_day_by_one_that_was_published_before() {
        let directory = tempfile::tempdir().unwrap();
        let store = Store::open("sqlite:keys.db", directory.path()).await.unwrap();
        let seconds = Arc::new(AtomicI64::new(0));
        let hands = Arc::clone(&seconds);
        let now = move || Timestamp::from_seconds(hands.load(Ordering::SeqCst));
        let drawn = AtomicI64::new(1);
        let entropy = Entropy::new(move |buffer: &mut [u8]| {
            buffer.fill(u8::try_from(drawn.fetch_add(1, Ordering::SeqCst)).unwrap());
        });
        let workshop = Workshop { store: store.clone(), clock: Clock::new(now.clone()), entropy };
        let mut turns = Turns::begin(workshop).await.unwrap();
        let signs = |turns: &Turns| turns.key.load().thumbprint().to_owned();
        let first = signs(&turns);
        let mut at = async |second: i64| {
            seconds.store(second, Ordering::SeqCst);
            turns.take(now()).await.unwrap();
            let published = store.read().await.unwrap().transaction_keys().list(now()).await;
            let published: Vec<String> = published.unwrap().into_iter().map(|key| key.id).collect();
            (signs(&turns), published)
        };
        assert_eq!(at(1).await, (first.clone(), vec![first.clone()]));
        let (signing, published) = at(LIFE_SECONDS - AHEAD_SECONDS).await;
        assert_eq!((signing, published.len()), (first.clone(), 2), "the next is published first");
        let next = published[0].clone();
        assert_eq!(at(LIFE_SECONDS - 1).await.0, first);
        let (signing, published) = at(LIFE_SECONDS).await;
        assert_eq!((signing, published.len()), (next.clone(), 2), "both still count");
        assert_eq!(at(LIFE_SECONDS + 100).await, (next.clone(), vec![next]));
    }
}
