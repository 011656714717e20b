//! The APIs with what was accepted of their descriptions, read again when another version is.

use std::sync::Arc;

use bailiwick_contract::document::Document;
use bailiwick_contract::service::{Confirmed, Service};
use bailiwick_domain::api::Api;
use bailiwick_store::Store;
use bailiwick_store::api_documents::ApiDocument;
use tokio::sync::Mutex;

use crate::fault::Fault;

/// The number of the newest description that was read.
#[derive(Debug, Default)]
pub(crate) struct Described(Mutex<Option<i64>>);

impl Described {
    /// The APIs as they are described now; nothing when nothing was accepted since the last time.
    pub(crate) async fn read(
        &self,
        store: &Store,
        configured: &[Api],
    ) -> Result<Option<Vec<Api>>, Fault> {
        let mut known = self.0.lock().await;
        let mut tx = store.read().await?;
        let newest = tx.api_documents().newest().await?;
        if newest == *known {
            return Ok(None);
        }
        let documents = tx.api_documents().in_force().await?;
        drop(tx);
        let mut apis = configured.to_vec();
        // Reading a large document takes a while, and others wait for this thread.
        let described = tokio::task::spawn_blocking(move || {
            for document in &documents {
                let named = apis.iter_mut().filter(|api| *api.name == *document.accepted.api);
                named.for_each(|api| describe(api, document));
            }
            apis
        });
        let described = described.await.map_err(|_| Fault::Corrupt("a description of an API"))?;
        *known = newest;
        Ok(Some(described))
    }
}

fn describe(api: &mut Api, given: &ApiDocument) {
    match Document::read(given.document.as_bytes()) {
        Ok(document) => {
            let confirmed = Confirmed::read(&given.accepted.confirmed);
            let service =
                Service::new(&api.operations, &Arc::clone(&api.name), &document, &confirmed);
            api.operations = service.operations().to_vec();
        }
        Err(error) => {
            let version = given.accepted.version;
            tracing::error!(api = %api.name, version, %error, "a description cannot be read");
        }
    }
}
