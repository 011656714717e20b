//! Descriptions of a test's APIs.

use bailiwick_contract::document::Document;
use bailiwick_contract::service::Confirmed;
use bailiwick_store::api_documents::{Accepted, ApiDocument};
use serde_json::Value;

use crate::sources::BEGINNING;
use crate::world::World;

impl World {
    /// Puts the next version of an API's description in force, with what it proposes confirmed or
    /// not.
    pub async fn describe(&self, api: &str, document: &Value, confirmed: bool) {
        let document = document.to_string();
        let read = Document::read(document.as_bytes()).unwrap();
        let confirmed = if confirmed { Confirmed::all(&read) } else { Confirmed::default() };
        let mut tx = self.store.begin().await.unwrap();
        let version = 1 + i64::try_from(tx.api_documents().list(api).await.unwrap().len()).unwrap();
        let accepted = Accepted {
            api: api.to_owned(),
            version,
            digest: format!("{version:064x}"),
            confirmed: confirmed.write(),
            because: "a test".to_owned(),
            accepted_by: "a test".to_owned(),
            accepted_at: BEGINNING,
        };
        tx.api_documents().insert(&ApiDocument { accepted, document }).await.unwrap();
        tx.save().await.unwrap();
    }
}
