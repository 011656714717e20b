//! The bundles of the trust domains that are trusted, each from where the operator says.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio::io::AsyncReadExt;

use crate::bundle::Bundle;
use crate::cache::{Cache, Loaded, fresh_seconds};
use crate::client::{Ask, Client};
use crate::jwks;
use crate::unfetched::{NoKey, Unfetched};
use crate::upkeep::Upkeep;
use crate::url::Url;

/// Seconds after which a file is read again.
const FILE_SECONDS: i64 = 5;

/// Where a trust domain's bundle comes from.
#[derive(Debug, Clone)]
pub enum Whence {
    /// A bundle endpoint with the profile `https_web` (SPIFFE Federation, section 5.2.1).
    Web(Url),
    /// A file, which may change: it is read again within seconds of being used.
    File(PathBuf),
}

/// Bundles by the name of their trust domain. `K` is a key for JWT-SVIDs as its user wants it.
pub struct Bundles<K> {
    known: Arc<BTreeMap<Box<str>, Whence>>,
    cache: Cache<Box<str>, Bundle<K>>,
}

impl<K: Send + Sync + 'static> Bundles<K> {
    /// The bundles of these trust domains. `read` reads a key from its JWK, as
    /// [`KeySets::new`](crate::KeySets::new) says, without the member `use`.
    pub fn new(
        client: Client,
        upkeep: Upkeep,
        known: BTreeMap<Box<str>, Whence>,
        read: impl Fn(&str) -> Option<K> + Send + Sync + 'static,
    ) -> Self {
        let known = Arc::new(known);
        // Room for all: what makes room for another would forget its sequence.
        let upkeep = Upkeep { max_documents: known.len(), ..upkeep };
        let (sources, read) = (Arc::clone(&known), Arc::new(read));
        let cache = Cache::new(upkeep, move |name: Box<str>, last: Option<Arc<Bundle<K>>>| {
            let (client, read) = (client.clone(), Arc::clone(&read));
            let whence = sources.get(&name).cloned();
            Box::pin(async move {
                let whence = whence.ok_or(Unfetched::Unresolved)?;
                let (document, file_seconds) = fetch(&client, &whence).await?;
                let value = Bundle::read(&document, &*read)?;
                if last.is_some_and(|last| !value.may_follow(&last)) {
                    return Err(Unfetched::Backwards);
                }
                let seconds = file_seconds.unwrap_or_else(|| fresh_seconds(value.refresh_hint));
                Ok(Loaded { value, fresh_seconds: seconds })
            })
        });
        Self { known, cache }
    }

    /// The bundle of a trust domain.
    pub async fn get(&self, trust_domain: &str) -> Result<Arc<Bundle<K>>, NoKey> {
        let (name, _) = self.known.get_key_value(trust_domain).ok_or(NoKey::Unknown)?;
        Ok(self.cache.get(name).await?)
    }

    /// A trust domain's key for JWT-SVIDs with this `kid`. A bundle that does not have it is
    /// fetched anew, though not more often than every thirty seconds.
    pub async fn find(&self, trust_domain: &str, kid: &str) -> Result<Arc<K>, NoKey> {
        let (name, _) = self.known.get_key_value(trust_domain).ok_or(NoKey::Unknown)?;
        let bundle = self.cache.get(name).await?;
        if let Some(key) = bundle.jwt_authority(kid) {
            return Ok(Arc::clone(key));
        }
        let bundle = self.cache.get_other(name, &bundle).await?;
        bundle.jwt_authority(kid).cloned().ok_or(NoKey::Unknown)
    }
}

/// A bundle's document, and how long it is fresh if the document itself does not say.
async fn fetch(client: &Client, whence: &Whence) -> Result<(Vec<u8>, Option<i64>), Unfetched> {
    match whence {
        Whence::Web(url) => {
            let ask = Ask { max_bytes: jwks::MAX_BYTES, ..Ask::new(url, &jwks::MEDIA_TYPES) };
            client.get(ask).await.map(|fetched| (fetched.body, None))
        }
        Whence::File(path) => Ok((read_file(path).await?, Some(FILE_SECONDS))),
    }
}

async fn read_file(path: &Path) -> Result<Vec<u8>, Unfetched> {
    let file = tokio::fs::File::open(path).await.map_err(|_| Unfetched::Unreachable)?;
    let bound = u64::try_from(jwks::MAX_BYTES).unwrap_or(u64::MAX);
    let mut document = Vec::new();
    let read = file.take(bound.saturating_add(1)).read_to_end(&mut document).await;
    read.map_err(|_| Unfetched::Unreachable)?;
    if document.len() > jwks::MAX_BYTES {
        return Err(Unfetched::TooLarge(jwks::MAX_BYTES));
    }
    Ok(document)
}

impl<K> Clone for Bundles<K> {
    fn clone(&self) -> Self {
        Self { known: Arc::clone(&self.known), cache: self.cache.clone() }
    }
}

impl<K> fmt::Debug for Bundles<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Bundles").field(&self.known).finish()
    }
}
