//! Documents that clients publish about themselves
//! (draft-ietf-oauth-client-id-metadata-document), by their URL.

use std::fmt;
use std::sync::Arc;

use bailiwick_proof::json;
use serde_json::{Map, Value};

use crate::cache::{Cache, Loaded, fresh_seconds};
use crate::client::{Ask, Client};
use crate::unfetched::Unfetched;
use crate::upkeep::Upkeep;
use crate::url::Url;

/// The longest document, in bytes: what the draft recommends (section 6.6).
const MAX_BYTES: usize = 5 * 1024;
/// Seconds for which the last good document is used while its server does not answer.
const KEEP_SECONDS: u32 = 3_600;

/// Such documents. Clones share what was fetched.
#[derive(Clone)]
pub struct Documents(Cache<Url, Map<String, Value>>);

impl Documents {
    /// Documents fetched by `client`.
    pub fn new(client: Client, upkeep: Upkeep) -> Self {
        let upkeep = Upkeep { keep_seconds: KEEP_SECONDS.min(upkeep.keep_seconds), ..upkeep };
        Self(Cache::new(upkeep, move |url: Url, _| {
            let client = client.clone();
            Box::pin(async move {
                let accept = ["application/json", "application/cimd+json"];
                let ask = Ask { max_bytes: MAX_BYTES, ..Ask::new(&url, &accept) };
                let fetched = client.get(ask).await?;
                let value = json::object(&fetched.body);
                let value = value.ok_or(Unfetched::Malformed("not a JSON object"))?;
                Ok(Loaded { value, fresh_seconds: fresh_seconds(fetched.max_age) })
            })
        }))
    }

    /// The members of the document there; no object in it names one twice. A server that fails is
    /// not asked again before a pause, and what it answered then is not kept.
    pub async fn find(&self, url: &Url) -> Result<Arc<Map<String, Value>>, Unfetched> {
        self.0.get(url).await
    }
}

impl fmt::Debug for Documents {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Documents")
    }
}
