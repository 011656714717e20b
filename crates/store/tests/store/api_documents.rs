//! Descriptions of APIs: every version stays, and the feed tells of the newest.

use bailiwick_domain::time::Clock;
use bailiwick_store::Fault;
use bailiwick_store::api_documents::{Accepted, ApiDocument};

use crate::place::on_both;
use crate::samples::at;

fn document(api: &str, version: i64) -> ApiDocument {
    let accepted = Accepted {
        api: api.to_owned(),
        version,
        digest: format!("{version:064x}"),
        confirmed: "GET /t t:read\n".to_owned(),
        because: "asked for".to_owned(),
        accepted_by: "configuration".to_owned(),
        accepted_at: at(version),
    };
    ApiDocument { accepted, document: "openapi: 3.1.0\n".repeat(1_000) }
}

#[tokio::test]
async fn the_newest_version_is_in_force_and_every_version_stays() {
    on_both(async |place| {
        let store = place.open().await;
        let (first, _) = store.follow(&Clock::new(|| at(1))).await.unwrap();
        assert!(first.api_documents.is_empty());
        let mut tx = store.begin().await.unwrap();
        let mut documents = tx.api_documents();
        assert_eq!(documents.newest().await.unwrap(), None);
        for new in [document("a", 1), document("a", 2), document("b", 1)] {
            documents.insert(&new).await.unwrap();
        }
        let again = documents.insert(&document("a", 2)).await;
        assert!(matches!(again, Err(Fault::Conflict("the version of the API"))), "{again:?}");
        drop(tx);
        for versions in [&[("a", 1), ("b", 1)][..], &[("a", 2)]] {
            let mut tx = store.begin().await.unwrap();
            for (api, version) in versions {
                tx.api_documents().insert(&document(api, *version)).await.unwrap();
            }
            tx.save().await.unwrap();
        }
        let mut tx = store.read().await.unwrap();
        let mut documents = tx.api_documents();
        assert_eq!(documents.current("a").await.unwrap(), Some(document("a", 2)));
        assert_eq!(documents.current("c").await.unwrap(), None);
        let listed = documents.list("a").await.unwrap();
        assert_eq!(listed, [document("a", 2).accepted, document("a", 1).accepted]);
        assert!(documents.newest().await.unwrap().is_some());
        let mut in_force = documents.in_force().await.unwrap();
        in_force.sort_by(|one, other| one.accepted.api.cmp(&other.accepted.api));
        assert_eq!(in_force, [document("a", 2), document("b", 1)]);
        drop(tx);
        let (whole, _) = store.follow(&Clock::new(|| at(1))).await.unwrap();
        assert_eq!(whole.api_documents.len(), 2, "of each API the newest");
    })
    .await;
}
