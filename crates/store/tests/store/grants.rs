//! Grants and tokens that were taken back: what ended, and what that ends.

use bailiwick_domain::grant::{Extent, Grant};
use bailiwick_domain::id::{AgentId, GrantId, KeyId, PersonId, SessionId, TaskId, TokenId};
use bailiwick_domain::time::Clock;
use bailiwick_store::Store;
use bailiwick_store::revoked_tokens::RevokedToken;

use crate::place::{Place, on_both};
use crate::samples::{agent, at, key};

pub(crate) fn grant(id: u128, parent: Option<u128>) -> Grant {
    Grant {
        id: GrantId::from_bits(id),
        agent: AgentId::from_bits(1),
        person: None,
        parent: parent.map(GrantId::from_bits),
        depth: 1,
        key: None,
        session: None,
        token: None,
        task: None,
        purpose: String::new(),
        extent: Extent::default(),
        budgets: "".parse().unwrap(),
        expires_at: at(1_000),
        ended_at: None,
        ended_because: None,
        created_at: at(1),
    }
}

fn whole_grant(id: u128, parent: Option<u128>) -> Grant {
    Grant {
        person: Some(PersonId::from_bits(1)),
        depth: 2,
        key: Some(KeyId::from_bits(1)),
        session: Some(SessionId::from_bits(2)),
        token: Some(TokenId::from_bits(3)),
        task: Some(TaskId::from_bits(id)),
        purpose: "close \"stale\" tickets".into(),
        extent: Extent {
            scopes: "a:read a:write".parse().unwrap(),
            resources: vec!["http://a".into(), "http://b".into()],
            details: "http://a GET /x\nhttp://a GET /y/{id} /y/7".parse().unwrap(),
        },
        budgets: "calls=3 writes=2 deletes=1".parse().unwrap(),
        ..grant(id, parent)
    }
}

pub(crate) async fn with_grants(place: &Place, grants: &[Grant]) -> Store {
    let store = place.open().await;
    let mut tx = store.begin().await.unwrap();
    tx.agents().insert(&agent(1)).await.unwrap();
    tx.keys().insert(&key(1, 1)).await.unwrap();
    for grant in grants {
        tx.grants().insert(grant).await.unwrap();
    }
    tx.save().await.unwrap();
    store
}

#[tokio::test]
async fn a_grant_comes_back_as_it_went_in_and_ends() {
    on_both(async |place| {
        let whole = whole_grant(2, Some(1));
        let store = with_grants(place, &[grant(1, None), whole.clone()]).await;
        let mut tx = store.begin().await.unwrap();
        assert_eq!(tx.grants().find(whole.id).await.unwrap().as_ref(), Some(&whole));
        let task = tx.grants().find_task(TaskId::from_bits(2)).await.unwrap();
        assert_eq!(task.as_ref(), Some(&whole));
        assert_eq!(tx.grants().find(GrantId::from_bits(3)).await.unwrap(), None);
        let ended = whole.end("closed", at(9));
        assert!(tx.grants().update(&ended).await.unwrap());
        assert_eq!(tx.grants().find(ended.id).await.unwrap(), Some(ended));
        assert!(!tx.grants().update(&grant(3, None)).await.unwrap());
    })
    .await;
}

#[tokio::test]
async fn a_line_goes_up_to_the_first_grant() {
    on_both(async |place| {
        let all = [grant(1, None), grant(2, Some(1)), grant(3, Some(2)), grant(4, Some(1))];
        let store = with_grants(place, &all).await;
        let mut tx = store.read().await.unwrap();
        let [first, second, third, _] = all;
        let line = tx.grants().line(third.id).await.unwrap();
        assert_eq!(line, [third, second, first]);
        assert_eq!(tx.grants().line(GrantId::from_bits(9)).await.unwrap(), []);
    })
    .await;
}

#[tokio::test]
async fn grants_are_listed_by_person_and_by_agent_newest_first() {
    on_both(async |place| {
        let all = [grant(1, None), whole_grant(2, None), grant(3, None)];
        let store = with_grants(place, &all).await;
        let mut tx = store.read().await.unwrap();
        let [first, second, third] = all;
        let person = PersonId::from_bits(1);
        let only = std::slice::from_ref(&second);
        assert_eq!(tx.grants().list_tasks(None, None, 9).await.unwrap(), only);
        let before = tx.grants().list_tasks(None, second.task, 9).await.unwrap();
        assert!(before.is_empty(), "{before:?}");
        assert_eq!(tx.grants().list_of_person(person).await.unwrap(), only);
        let of_agent = tx.grants().list(Some(first.agent), None, 2).await.unwrap();
        assert_eq!(of_agent, [third.clone(), second.clone()]);
        let rest = tx.grants().list(None, Some(second.id), 2).await.unwrap();
        assert_eq!(rest, [first]);
        let nobody = AgentId::from_bits(9);
        assert_eq!(tx.grants().list(Some(nobody), None, 2).await.unwrap(), []);
    })
    .await;
}

#[tokio::test]
async fn a_feed_begins_with_what_is_live_and_tells_what_ends() {
    on_both(async |place| {
        let over = Grant { expires_at: at(5), ..grant(1, None) };
        let ended = grant(2, None).end("taken back", at(3));
        let live = grant(3, None);
        let store = with_grants(place, &[over, ended, live.clone()]).await;
        let (snapshot, mut feed) = store.follow(&Clock::new(|| at(5))).await.unwrap();
        assert_eq!(snapshot.grants, std::slice::from_ref(&live));
        feed.applied(snapshot.number);
        let token = RevokedToken { id: TokenId::from_bits(7), expires_at: at(10) };
        let live = live.end("taken back", at(6));
        let follow = async {
            let changes = feed.next().await.unwrap();
            feed.applied(changes.number);
            changes
        };
        let save = async {
            let mut tx = store.begin().await.unwrap();
            assert!(tx.grants().update(&live).await.unwrap());
            tx.revoked_tokens().insert(token).await.unwrap();
            tx.revoked_tokens().insert(token).await.unwrap();
            tx.save().await.unwrap();
        };
        let (changes, ()) = tokio::join!(follow, save);
        assert_eq!((changes.grants, changes.revoked_tokens), (vec![live], vec![token]));
        let mut tx = store.begin().await.unwrap();
        assert!(tx.revoked_tokens().contains(token.id).await.unwrap());
    })
    .await;
}
