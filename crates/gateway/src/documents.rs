//! Descriptions of APIs that were read. Reading one takes a while, and everything that is stored is
//! read again every few minutes.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use bailiwick_contract::document::{Document, NotADocument};
use bailiwick_store::api_documents::ApiDocument;

/// The newest document of each API, by its digest.
#[derive(Debug, Default)]
pub struct Documents(Mutex<BTreeMap<String, (String, Arc<Document>)>>);

impl Documents {
    /// The document, read once.
    pub(crate) fn read(&self, given: &ApiDocument) -> Result<Arc<Document>, NotADocument> {
        let (api, digest) = (&given.accepted.api, &given.accepted.digest);
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((of, document)) = known.get(api)
            && of == digest
        {
            return Ok(Arc::clone(document));
        }
        let document = Arc::new(Document::read(given.document.as_bytes())?);
        known.insert(api.clone(), (digest.clone(), Arc::clone(&document)));
        Ok(document)
    }
}
