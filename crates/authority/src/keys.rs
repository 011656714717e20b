//! The authority's own keys: some sign access tokens in turn, one signs the ledger. Made at first
//! start; the private parts rest in the store, sealed.

use std::sync::Arc;

use arc_swap::ArcSwap;
use bailiwick_domain::signing::Stage;
use bailiwick_domain::time::Timestamp;
use bailiwick_ledger::checkpoint::Signer;
use bailiwick_proof::keys::{PublicKey, SigningKey};
use bailiwick_store::signing_keys::{Duty, SigningPublic, SigningSealed};
use bailiwick_store::{Store, Tx};
use serde_json::{Value, json};

use crate::fault::Fault;
use crate::making::Making;
use crate::{rotation, sealed};

/// How long a process goes by what it has seen of the keys, in milliseconds. Another process may
/// have replaced them meanwhile: with overlap, that changes nothing; without (revoked), gateways
/// refuse what was signed in this time, and its client asks again.
const LOOK_MILLIS: i64 = 1_000;

/// The keys that this installation signs with.
#[derive(Debug)]
pub struct Keys {
    ledger: SigningKey,
    signing: ArcSwap<Signing>,
}

/// The keys for access tokens, as they were when last looked at.
#[derive(Debug)]
pub(crate) struct Signing {
    /// The one that signs (ES256).
    pub(crate) key: Arc<SigningKey>,
    /// The JWK set of those that count (RFC 7517, section 5).
    pub(crate) jwks: String,
    /// The same keys, to verify with.
    pub(crate) published: Vec<PublicKey>,
    looked_at: Timestamp,
}

impl Keys {
    /// Opens the keys in the store, making those that are not there yet. Several processes may
    /// start at once: whoever comes first makes them.
    pub async fn open(store: &Store, making: Making<'_>) -> Result<Self, Fault> {
        let mut tx = store.begin().await?;
        let found = rotation::settle(&mut tx, making, u32::MAX).await?;
        let ledger = ledger(&mut tx, making).await?;
        tx.save().await?;
        let signing = Signing::of(&found, None, making)?;
        Ok(Self { ledger, signing: ArcSwap::from_pointee(signing) })
    }

    /// The signer of the ledger of this name, with the key that is for ledgers (Ed25519).
    pub fn ledger(&self, origin: &str) -> Result<Signer, Fault> {
        let seed = self.ledger.secret().try_into().map_err(|_| Fault::Corrupt("a signing key"))?;
        Ok(Signer::from_seed(origin, seed)?)
    }

    /// The JWK set that access tokens verify with (RFC 7517, section 5), as last looked at.
    pub fn jwks(&self) -> String {
        self.signing.load().jwks.clone()
    }

    /// The keys for access tokens as they are now, or were a second ago; the one that signs is
    /// replaced when it has done so for this many days.
    pub(crate) async fn current(
        &self,
        store: &Store,
        making: Making<'_>,
        days: u32,
    ) -> Result<Arc<Signing>, Fault> {
        let now = making.clock.now();
        let known = self.signing.load_full();
        if (0..LOOK_MILLIS).contains(&now.millis_since(known.looked_at)) {
            return Ok(known);
        }
        let mut found = store.read().await?.signing_keys().list(Duty::Token).await?;
        if rotation::is_due(&found, now, days) {
            let mut tx = store.begin().await?;
            found = rotation::settle(&mut tx, making, days).await?;
            tx.save().await?;
            tracing::info!("the keys that sign tokens were due, and have taken their turn");
        }
        self.take_in(&found, making)
    }

    /// Goes by these keys from now on.
    pub(crate) fn take_in(
        &self,
        found: &[SigningSealed],
        making: Making<'_>,
    ) -> Result<Arc<Signing>, Fault> {
        let known = self.signing.load_full();
        let signing = Arc::new(Signing::of(found, Some(&known), making)?);
        self.signing.store(Arc::clone(&signing));
        Ok(signing)
    }
}

impl Signing {
    fn of(
        found: &[SigningSealed],
        known: Option<&Self>,
        making: Making<'_>,
    ) -> Result<Self, Fault> {
        let now = making.clock.now();
        let current = rotation::find(found, Stage::Current, now);
        let current = current.ok_or(Fault::Corrupt("no key signs tokens"))?;
        let key = match known.filter(|known| known.key.thumbprint() == current.public.id) {
            Some(known) => Arc::clone(&known.key),
            None => Arc::new(sealed::open(current, making)?),
        };
        let mut published: Vec<_> = found.iter().map(|key| &key.public).collect();
        published.retain(|key| key.life.stage(now).counts());
        // The one that signs comes first, for readers that take the first.
        published.sort_by_key(|key| key.life.stage(now) != Stage::Current);
        let read = published.iter().map(|key| PublicKey::from_jwk(&key.jwk));
        let read = read.collect::<Result<_, _>>()?;
        let jwks = published.into_iter().map(public_jwk).collect::<Result<_, _>>()?;
        let jwks = json!({ "keys": Value::Array(jwks) }).to_string();
        Ok(Self { key, jwks, published: read, looked_at: now })
    }
}

async fn ledger(tx: &mut Tx, making: Making<'_>) -> Result<SigningKey, Fault> {
    if let Some(key) = tx.signing_keys().list(Duty::Ledger).await?.into_iter().next() {
        return sealed::open(&key, making);
    }
    let mut key = sealed::make(Duty::Ledger, making)?;
    key.public.life.signs_from = Some(making.clock.now());
    tx.signing_keys().insert(&key).await?;
    sealed::open(&key, making)
}

fn public_jwk(key: &SigningPublic) -> Result<Value, Fault> {
    let jwk: Value =
        serde_json::from_str(&key.jwk).map_err(|_| Fault::Corrupt("a published key"))?;
    let Value::Object(mut members) = jwk else { return Err(Fault::Corrupt("a published key")) };
    members.insert("kid".to_owned(), json!(key.id));
    members.insert("use".to_owned(), json!("sig"));
    members.insert("alg".to_owned(), json!("ES256"));
    Ok(Value::Object(members))
}

#[cfg(test)]
mod tests;
