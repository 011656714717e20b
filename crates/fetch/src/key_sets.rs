//! Key sets by their URL: an issuer's `jwks_uri`, an agent's own.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use crate::cache::{Cache, Loaded, fresh_seconds};
use crate::client::{Ask, Client};
use crate::jwks::{self, Jwks};
use crate::unfetched::{NoKey, Unfetched};
use crate::upkeep::Upkeep;
use crate::url::Url;

/// The keys of one set that could be read.
#[derive(Debug)]
pub struct KeySet<K> {
    keys: Vec<Arc<K>>,
    by_kid: HashMap<Box<str>, Arc<K>>,
}

impl<K> KeySet<K> {
    /// Reads a JWK Set. Keys that `read` does not take are passed over (RFC 7517, section 5); of
    /// several with one `kid` the first that is taken counts.
    pub fn read(document: &[u8], read: &dyn Fn(&str) -> Option<K>) -> Result<Self, Unfetched> {
        let mut set = Self { keys: Vec::new(), by_kid: HashMap::new() };
        for members in Jwks::read(document)?.keys {
            let kid: Option<Box<str>> = jwks::kid(&members).map(Into::into);
            let Some(key) = jwks::bare(members).as_deref().and_then(read) else { continue };
            let key = Arc::new(key);
            if let Some(kid) = kid {
                set.by_kid.entry(kid).or_insert_with(|| Arc::clone(&key));
            }
            set.keys.push(key);
        }
        Ok(set)
    }

    /// The key with this `kid`.
    pub fn find(&self, kid: &str) -> Option<&Arc<K>> {
        self.by_kid.get(kid)
    }

    /// All keys, those without a `kid` too, in the order of the document.
    pub fn keys(&self) -> &[Arc<K>] {
        &self.keys
    }
}

/// Key sets by URL. `K` is a key as its user wants it, read once when the set arrives.
pub struct KeySets<K>(Cache<Url, KeySet<K>>);

impl<K: Send + Sync + 'static> KeySets<K> {
    /// Key sets fetched by `client`, whose keys are read by `read` from their JWK (8 KiB at most,
    /// without the members `x5c`, `x5t`, `x5t#S256` and `x5u`), or passed over.
    pub fn new(
        client: Client,
        upkeep: Upkeep,
        read: impl Fn(&str) -> Option<K> + Send + Sync + 'static,
    ) -> Self {
        let read = Arc::new(read);
        Self(Cache::new(upkeep, move |url: Url, _| {
            let (client, read) = (client.clone(), Arc::clone(&read));
            Box::pin(async move {
                let ask = Ask { max_bytes: jwks::MAX_BYTES, ..Ask::new(&url, &jwks::MEDIA_TYPES) };
                let fetched = client.get(ask).await?;
                let value = KeySet::read(&fetched.body, &*read)?;
                Ok(Loaded { value, fresh_seconds: fresh_seconds(fetched.max_age) })
            })
        }))
    }

    /// The key with this `kid`. A set that does not have it is fetched anew, though not more often
    /// than every thirty seconds: keys rotate, and strangers make up names of keys.
    pub async fn find(&self, url: &Url, kid: &str) -> Result<Arc<K>, NoKey> {
        let set = self.0.get(url).await?;
        if let Some(key) = set.find(kid) {
            return Ok(Arc::clone(key));
        }
        let set = self.0.get_other(url, &set).await?;
        set.find(kid).cloned().ok_or(NoKey::Unknown)
    }

    /// The whole set.
    pub async fn all(&self, url: &Url) -> Result<Arc<KeySet<K>>, Unfetched> {
        self.0.get(url).await
    }
}

impl<K> Clone for KeySets<K> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<K> fmt::Debug for KeySets<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("KeySets")
    }
}
