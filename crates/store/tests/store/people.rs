//! Operators, people and their sign-ins, and what feeds are told of them.

use bailiwick_domain::id::SessionId;
use bailiwick_domain::operator::Operator;
use bailiwick_domain::passkey::{Passkey, Welcome};
use bailiwick_domain::person::{Person, Role, Session, Standing};
use bailiwick_domain::time::Clock;
use bailiwick_store::Fault;
use bailiwick_store::people::PersonState;

use crate::place::on_both;
use crate::samples::{at, digest, operator, passkey, person, session};

#[tokio::test]
async fn a_person_is_known_by_what_their_issuer_calls_them() {
    on_both(async |place| {
        let store = place.open().await;
        let mut tx = store.begin().await.unwrap();
        let mut people = tx.people();
        let bare = Person { email: None, role: None, ..person(2) };
        people.insert(&person(1)).await.unwrap();
        people.insert(&bare).await.unwrap();
        assert_eq!(people.list().await.unwrap(), [person(1), bare.clone()]);
        let found = people.find_subject("https://id.test", "subject-2").await.unwrap();
        assert_eq!(found, Some(bare));
        assert_eq!(people.find_subject("https://other.test", "subject-2").await.unwrap(), None);
        let changed = Person { name: "Z".into(), state: Standing::Blocked, ..person(1) };
        assert!(people.update(&changed).await.unwrap());
        assert_eq!(people.find(changed.id).await.unwrap(), Some(changed));
        assert!(!people.update(&person(3)).await.unwrap());
        let twin = Person { subject: "subject-1".into(), ..person(3) };
        assert!(matches!(people.insert(&twin).await, Err(Fault::Conflict("the person"))));
    })
    .await;
}

#[tokio::test]
async fn a_sign_in_is_known_by_the_digest_of_its_cookie_until_it_ends() {
    on_both(async |place| {
        let store = place.open().await;
        let mut tx = store.begin().await.unwrap();
        tx.people().insert(&person(1)).await.unwrap();
        let mut sessions = tx.sessions();
        for id in 1..=3 {
            sessions.insert(&session(id, 1)).await.unwrap();
        }
        assert_eq!(sessions.find_by_digest(&digest(1)).await.unwrap(), Some(session(1, 1)));
        assert_eq!(sessions.find_by_digest(&digest(9)).await.unwrap(), None);
        sessions.touch(SessionId::from_bits(1), at(7)).await.unwrap();
        sessions.touch(SessionId::from_bits(1), at(6)).await.unwrap();
        assert!(sessions.end(SessionId::from_bits(1), at(8)).await.unwrap());
        assert!(!sessions.end(SessionId::from_bits(1), at(9)).await.unwrap(), "once");
        let ended = Session { last_seen_at: at(7), ended_at: Some(at(8)), ..session(1, 1) };
        assert_eq!(sessions.find(ended.id).await.unwrap(), Some(ended));
        assert_eq!(sessions.end_all(person(1).id, at(9)).await.unwrap(), 2);
    })
    .await;
}

#[tokio::test]
async fn a_feed_is_told_who_is_blocked_and_which_sign_ins_live() {
    on_both(async |place| {
        let store = place.open().await;
        let mut tx = store.begin().await.unwrap();
        let blocked = Person { state: Standing::Blocked, ..person(2) };
        tx.people().insert(&person(1)).await.unwrap();
        tx.people().insert(&blocked).await.unwrap();
        for id in 1..=3 {
            tx.sessions().insert(&session(id, 1)).await.unwrap();
        }
        let over = Session { expires_at: at(500), ..session(4, 1) };
        tx.sessions().insert(&over).await.unwrap();
        tx.sessions().end(SessionId::from_bits(2), at(3)).await.unwrap();
        tx.save().await.unwrap();
        let other = place.open().await;
        let (first, mut feed) = other.follow(&Clock::new(|| at(500))).await.unwrap();
        assert_eq!(first.people, [PersonState { id: blocked.id, state: Standing::Blocked }]);
        let mut live = first.sessions;
        live.sort_by_key(|it| it.id);
        assert_eq!(live, [session(1, 1), session(3, 1)]);
        let mut tx = store.begin().await.unwrap();
        tx.people().update(&Person { state: Standing::Active, ..blocked.clone() }).await.unwrap();
        tx.sessions().end(SessionId::from_bits(3), at(9)).await.unwrap();
        tx.save().await.unwrap();
        let changes = feed.next().await.unwrap();
        assert_eq!(changes.people, [PersonState { id: blocked.id, state: Standing::Active }]);
        assert_eq!(changes.sessions, [Session { ended_at: Some(at(9)), ..session(3, 1) }]);
    })
    .await;
}

#[tokio::test]
async fn an_operator_is_known_by_the_digest_of_a_token() {
    on_both(async |place| {
        let store = place.open().await;
        let mut tx = store.begin().await.unwrap();
        let mut operators = tx.operators();
        let first = operator(1);
        operators.insert(&first, &digest(1)).await.unwrap();
        assert_eq!(operators.find_by_digest(&digest(1)).await.unwrap(), Some(first.clone()));
        assert_eq!(operators.find_by_digest(&digest(2)).await.unwrap(), None);
        let again = operators.insert(&operator(2), &digest(1)).await;
        assert!(matches!(again, Err(Fault::Conflict("the operator"))));
    })
    .await;
}

#[tokio::test]
async fn a_revoked_operator_stays_revoked_since_then() {
    on_both(async |place| {
        let store = place.open().await;
        let mut tx = store.begin().await.unwrap();
        let mut operators = tx.operators();
        operators.insert(&operator(1), &digest(1)).await.unwrap();
        operators.insert(&operator(2), &digest(2)).await.unwrap();
        operators.revoke(operator(1).id, at(5)).await.unwrap();
        operators.revoke(operator(1).id, at(6)).await.unwrap();
        let revoked = Operator { revoked_at: Some(at(5)), ..operator(1) };
        assert_eq!(operators.list().await.unwrap(), [revoked.clone(), operator(2)]);
        assert_eq!(operators.find(revoked.id).await.unwrap(), Some(revoked));
    })
    .await;
}

#[tokio::test]
async fn a_passkey_is_one_persons_and_counts_up() {
    on_both(async |place| {
        let store = place.open().await;
        let mut tx = store.begin().await.unwrap();
        for id in 1..=2 {
            tx.people().insert(&person(id)).await.unwrap();
        }
        let mut passkeys = tx.passkeys();
        passkeys.insert(&passkey(1, 1)).await.unwrap();
        passkeys.insert(&passkey(2, 1)).await.unwrap();
        passkeys.touch(passkey(1, 1).id, u32::MAX, at(9)).await.unwrap();
        let used = Passkey { sign_count: u32::MAX, last_used_at: Some(at(9)), ..passkey(1, 1) };
        let found = passkeys.find_credential(&used.credential_id).await.unwrap();
        assert_eq!(found, Some(used.clone()));
        assert_eq!(passkeys.find_credential(&[9; 16]).await.unwrap(), None);
        assert_eq!(passkeys.list(person(1).id).await.unwrap(), [used, passkey(2, 1)]);
        assert!(!passkeys.remove(passkey(1, 1).id, person(2).id).await.unwrap(), "not theirs");
        assert!(passkeys.remove(passkey(1, 1).id, person(1).id).await.unwrap());
        let twin = Passkey { credential_id: passkey(2, 1).credential_id, ..passkey(3, 2) };
        assert!(matches!(passkeys.insert(&twin).await, Err(Fault::Conflict("the passkey"))));
    })
    .await;
}

#[tokio::test]
async fn a_link_is_used_up_once() {
    on_both(async |place| {
        let store = place.open().await;
        let mut tx = store.begin().await.unwrap();
        let mut welcomes = tx.welcomes();
        let link = Welcome {
            digest: digest(1),
            name: None,
            role: Some(Role::Admin),
            created_at: at(1),
            expires_at: at(2),
            used_at: None,
        };
        let name = Some("Zoë".into());
        let bare = Welcome { digest: digest(2), name, role: None, ..link.clone() };
        welcomes.insert(&link).await.unwrap();
        welcomes.insert(&bare).await.unwrap();
        assert_eq!(welcomes.find(&digest(2)).await.unwrap(), Some(bare));
        assert!(welcomes.spend(&digest(1), at(3)).await.unwrap());
        assert!(!welcomes.spend(&digest(1), at(4)).await.unwrap());
        let used = Welcome { used_at: Some(at(3)), ..link };
        assert_eq!(welcomes.find(&digest(1)).await.unwrap(), Some(used));
        assert_eq!(welcomes.find(&digest(9)).await.unwrap(), None);
    })
    .await;
}
