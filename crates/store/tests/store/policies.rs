//! Versions of the policies: numbered, listed, the newest in force and fed to gateways.

use bailiwick_domain::time::Clock;
use bailiwick_store::Fault;
use bailiwick_store::policies::PolicyVersion;

use crate::place::on_both;
use crate::samples::at;

fn version(number: i64) -> PolicyVersion {
    PolicyVersion {
        number,
        text: format!("@id(\"p{number}\") permit (principal, action, resource);"),
        digest: "00".repeat(32),
        activated_at: at(number),
        activated_by: "opr_1".to_owned(),
        because: "it is time".to_owned(),
    }
}

#[tokio::test]
async fn the_newest_version_is_in_force_and_all_are_kept() {
    on_both(async |place| {
        let store = place.open().await;
        let mut tx = store.begin().await.unwrap();
        assert_eq!(tx.policies().newest().await.unwrap(), None);
        for number in [1, 2] {
            tx.policies().insert(&version(number)).await.unwrap();
        }
        assert_eq!(tx.policies().newest().await.unwrap(), Some(version(2)));
        assert_eq!(tx.policies().find(1).await.unwrap(), Some(version(1)));
        assert_eq!(tx.policies().find(3).await.unwrap(), None);
        let listed = tx.policies().list(1).await.unwrap();
        assert_eq!(listed, [PolicyVersion { text: String::new(), ..version(2) }]);
        let again = tx.policies().insert(&version(2)).await;
        assert!(matches!(again, Err(Fault::Conflict("the version's number"))));
    })
    .await;
}

#[tokio::test]
async fn gateways_are_told_of_the_newest_version_only() {
    on_both(async |place| {
        let store = place.open().await;
        let put = async |number| {
            let mut tx = store.begin().await.unwrap();
            tx.policies().insert(&version(number)).await.unwrap();
            tx.save().await.unwrap();
        };
        put(1).await;
        put(2).await;
        let other = place.open().await;
        let (snapshot, mut feed) = other.follow(&Clock::new(|| at(0))).await.unwrap();
        assert_eq!(snapshot.policies, Some(version(2)));
        put(3).await;
        assert_eq!(feed.next().await.unwrap().policies, Some(version(3)));
    })
    .await;
}
