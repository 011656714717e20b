//! Petitions: found, paced, decided, redeemed and told of, each once.

use bailiwick_domain::id::{GrantId, PersonId};
use bailiwick_store::past::Past;
use bailiwick_store::petitions::{Allowed, Channel, Decided, Petition};

use crate::grants::grant;
use crate::place::on_both;
use crate::samples::{agent, at, digest, person};

fn petition(id: u128) -> Petition {
    Petition {
        digest: digest(id),
        channel: Channel::Backchannel,
        client: "agt_1".to_owned(),
        parameters: "[]".to_owned(),
        user_code: None,
        person: Some(PersonId::from_bits(1)),
        created_at: at(i64::try_from(id).unwrap()),
        expires_at: at(10_000),
        interval_seconds: 5,
        polled_at: None,
        decided: None,
        used_at: None,
        notification: None,
        pings: 0,
    }
}

#[tokio::test]
async fn a_petition_is_found_by_who_it_is_to_or_by_its_code_while_it_is_open() {
    on_both(async |place| {
        let store = place.open().await;
        let mut tx = store.begin().await.unwrap();
        tx.people().insert(&person(1)).await.unwrap();
        let device = Petition {
            channel: Channel::Device,
            user_code: Some(digest(70)),
            person: None,
            ..petition(7)
        };
        let mut petitions = tx.petitions();
        for it in [petition(1), petition(2), device.clone()] {
            petitions.insert(&it).await.unwrap();
        }
        let found = petitions.find(&digest(7)).await.unwrap();
        assert_eq!(found, Some(device.clone()));
        let whose = PersonId::from_bits(1);
        let open = petitions.list_open(whose, at(9_999)).await.unwrap();
        assert_eq!(open, [petition(2), petition(1)]);
        assert_eq!(petitions.list_open(whose, at(10_000)).await.unwrap(), []);
        let code = digest(70);
        assert_eq!(petitions.find_by_code(&code, at(9_999)).await.unwrap(), Some(device));
        assert_eq!(petitions.find_by_code(&code, at(10_000)).await.unwrap(), None);
        petitions.pace(&digest(1), at(50), 10).await.unwrap();
        let paced = Petition { polled_at: Some(at(50)), interval_seconds: 10, ..petition(1) };
        assert_eq!(petitions.find(&digest(1)).await.unwrap(), Some(paced));
    })
    .await;
}

#[tokio::test]
async fn a_petition_is_decided_redeemed_and_told_of_once() {
    on_both(async |place| {
        let store = place.open().await;
        let mut tx = store.begin().await.unwrap();
        tx.people().insert(&person(1)).await.unwrap();
        let told = Petition { notification: Some(vec![1, 2]), ..petition(1) };
        let mut petitions = tx.petitions();
        petitions.insert(&told).await.unwrap();
        petitions.insert(&petition(2)).await.unwrap();
        let no = |millis| Decided { at: at(millis), allowed: None };
        assert!(!petitions.decide(&digest(1), &no(10_000)).await.unwrap(), "too late");
        assert!(petitions.decide(&digest(1), &no(100)).await.unwrap());
        assert!(!petitions.decide(&digest(1), &no(101)).await.unwrap(), "once");
        assert!(petitions.decide(&digest(2), &no(100)).await.unwrap());
        let found = petitions.find(&digest(1)).await.unwrap().unwrap();
        assert_eq!((found.decided, found.used_at), (Some(no(100)), None));
        assert_eq!(petitions.due(at(99)).await.unwrap(), []);
        let due: Vec<_> = petitions.due(at(100)).await.unwrap();
        assert_eq!(due.iter().map(|it| it.digest).collect::<Vec<_>>(), [digest(1)]);
        assert!(petitions.claim_ping(&digest(1), at(100), at(200)).await.unwrap());
        assert!(!petitions.claim_ping(&digest(1), at(150), at(300)).await.unwrap());
        assert_eq!(petitions.due(at(200)).await.unwrap()[0].pings, 1);
        petitions.settle_ping(&digest(1)).await.unwrap();
        assert_eq!(petitions.due(at(900)).await.unwrap(), []);
        assert_eq!(petitions.find(&digest(1)).await.unwrap().unwrap().notification, None);
        assert!(petitions.redeem(&digest(2), at(5)).await.unwrap());
        assert!(!petitions.redeem(&digest(2), at(6)).await.unwrap());
        assert_eq!(petitions.redeemed_at(GrantId::from_bits(1)).await.unwrap(), None);
    })
    .await;
}

#[tokio::test]
async fn a_petition_that_was_allowed_says_by_which_grant() {
    on_both(async |place| {
        let store = place.open().await;
        let mut tx = store.begin().await.unwrap();
        tx.people().insert(&person(1)).await.unwrap();
        tx.agents().insert(&agent(1)).await.unwrap();
        let grant = grant(1, None);
        tx.grants().insert(&grant).await.unwrap();
        let mut petitions = tx.petitions();
        petitions.insert(&petition(1)).await.unwrap();
        let allowed = Allowed { grant: grant.id, openid: true, authenticated_at: at(3) };
        let yes = Decided { at: at(100), allowed: Some(allowed) };
        assert!(petitions.decide(&digest(1), &yes).await.unwrap());
        assert_eq!(petitions.find(&digest(1)).await.unwrap().unwrap().decided, Some(yes));
        assert!(petitions.redeem(&digest(1), at(200)).await.unwrap());
        assert_eq!(petitions.redeemed_at(grant.id).await.unwrap(), Some(at(200)));
    })
    .await;
}

#[tokio::test]
async fn a_petition_goes_an_hour_after_its_time_or_with_its_grant() {
    on_both(async |place| {
        let store = place.open().await;
        let mut tx = store.begin().await.unwrap();
        tx.people().insert(&person(1)).await.unwrap();
        tx.agents().insert(&agent(1)).await.unwrap();
        let grant = grant(1, None);
        tx.grants().insert(&grant).await.unwrap();
        for id in [1, 2] {
            tx.petitions().insert(&petition(id)).await.unwrap();
        }
        let allowed = Allowed { grant: grant.id, openid: false, authenticated_at: at(3) };
        let yes = Decided { at: at(100), allowed: Some(allowed) };
        assert!(tx.petitions().decide(&digest(1), &yes).await.unwrap());
        assert_eq!(tx.forget(Past::Grants, at(1_000), 9).await.unwrap(), 1);
        assert_eq!(tx.petitions().find(&digest(1)).await.unwrap(), None);
        let over = 10_000 + 3_600_000;
        assert_eq!(tx.forget(Past::Petitions, at(over - 1), 9).await.unwrap(), 0);
        assert_eq!(tx.forget(Past::Petitions, at(over), 9).await.unwrap(), 1);
    })
    .await;
}
