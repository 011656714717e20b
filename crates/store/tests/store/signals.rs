//! Signals: kept with what they tell of, for whom they are meant, until they are settled.

use bailiwick_domain::agent::{Agent, State};
use bailiwick_domain::id::{AgentId, KeyId, PersonId, SessionId};
use bailiwick_domain::person::{Person, Session, Standing};
use bailiwick_domain::signal::{
    Cause, Change, Delivery, Flow, Happening, Initiator, Kind, Progress, Signal, Stream, StreamId,
};
use bailiwick_store::Store;

use crate::place::on_both;
use crate::samples::{agent, at, key};

fn stream(id: u128) -> Stream {
    Stream {
        id: StreamId::from_bits(id),
        agent: None,
        digest: Some([u8::try_from(id).unwrap(); 32]),
        audience: "https://receiver.example".to_owned(),
        description: "it's \"quoted\"".to_owned(),
        delivery: Delivery::Push {
            endpoint: "https://receiver.example/events".to_owned(),
            authorization: Some(vec![1, 2, 3]),
        },
        requested: Vec::new(),
        flow: Flow::Enabled,
        reason: None,
        created_at: at(1),
        verified_at: None,
        progress: Progress::default(),
    }
}

fn person() -> Person {
    Person {
        id: PersonId::from_bits(1),
        issuer: "https://idp.example".to_owned(),
        subject: "alice".to_owned(),
        name: "Alice".to_owned(),
        email: Some("alice@example".to_owned()),
        role: None,
        state: Standing::Active,
        created_at: at(1),
    }
}

fn session(id: u128) -> Session {
    Session {
        id: SessionId::from_bits(id),
        person: PersonId::from_bits(1),
        digest: [u8::try_from(id).unwrap(); 32],
        authenticated_at: at(1),
        last_seen_at: at(1),
        expires_at: at(1_000),
        ended_at: None,
    }
}

async fn begin(store: &Store, streams: &[Stream]) {
    let mut tx = store.begin().await.unwrap();
    tx.agents().insert(&agent(1)).await.unwrap();
    tx.people().insert(&person()).await.unwrap();
    for session in [session(1), session(2), session(3)] {
        tx.sessions().insert(&session).await.unwrap();
    }
    for stream in streams {
        tx.signal_streams().insert(stream).await.unwrap();
    }
    tx.save().await.unwrap();
}

async fn waiting(store: &Store, id: u128) -> Vec<Signal> {
    let mut tx = store.read().await.unwrap();
    tx.signals().waiting(StreamId::from_bits(id), 100).await.unwrap()
}

async fn told(store: &Store, id: u128) -> Vec<Happening> {
    waiting(store, id).await.into_iter().map(|it| it.happening).collect()
}

#[tokio::test]
async fn streams_read_back_and_change() {
    on_both(async |place| {
        let store = place.open().await;
        let poll = Stream { delivery: Delivery::Poll, digest: None, ..stream(2) };
        let poll = Stream { agent: Some(AgentId::from_bits(1)), ..poll };
        begin(&store, &[stream(1), poll.clone()]).await;
        let mut tx = store.begin().await.unwrap();
        assert_eq!(tx.signal_streams().list().await.unwrap(), [stream(1), poll.clone()]);
        assert_eq!(tx.signal_streams().find(poll.id).await.unwrap(), Some(poll.clone()));
        let listed = tx.signal_streams().list_of(AgentId::from_bits(1)).await.unwrap();
        assert_eq!(listed, std::slice::from_ref(&poll));
        let found = tx.signal_streams().find_by_digest(&[1; 32]).await.unwrap();
        assert_eq!(found, Some(stream(1)));
        let changed = Stream {
            requested: vec!["urn:a".to_owned(), Kind::SessionRevoked.uri().to_owned()],
            flow: Flow::Paused,
            reason: Some("maintenance".to_owned()),
            verified_at: Some(at(5)),
            ..poll
        };
        assert!(tx.signal_streams().update(&changed).await.unwrap());
        assert_eq!(tx.signal_streams().find(changed.id).await.unwrap(), Some(changed));
        assert!(tx.signal_streams().remove(stream(1).id).await.unwrap());
        assert!(!tx.signal_streams().remove(stream(1).id).await.unwrap());
    })
    .await;
}

#[tokio::test]
async fn what_ends_is_told_in_the_same_transaction() {
    on_both(async |place| {
        let store = place.open().await;
        begin(&store, &[stream(1)]).await;
        let mut tx = store.begin().await.unwrap();
        tx.keys().insert(&key(1, 1)).await.unwrap();
        drop(tx);
        assert_eq!(told(&store, 1).await, [], "what never happened is not told");

        let mut tx = store.begin().await.unwrap();
        tx.because(Cause { initiator: Initiator::User, reason: "signed out".to_owned() });
        assert!(tx.sessions().end(SessionId::from_bits(1), at(5)).await.unwrap());
        assert!(!tx.sessions().end(SessionId::from_bits(1), at(6)).await.unwrap());
        tx.save().await.unwrap();
        let mut tx = store.begin().await.unwrap();
        assert_eq!(tx.sessions().end_all(PersonId::from_bits(1), at(7)).await.unwrap(), 2);
        assert_eq!(tx.sessions().end_all(PersonId::from_bits(1), at(8)).await.unwrap(), 0);
        tx.keys().insert(&key(1, 1)).await.unwrap();
        assert!(tx.keys().revoke(KeyId::from_bits(1), at(9)).await.unwrap());
        assert!(tx.keys().revoke(KeyId::from_bits(1), at(10)).await.unwrap());
        for state in [State::Active, State::Suspended, State::Retired] {
            assert!(tx.agents().update(&Agent { state, ..agent(1) }).await.unwrap());
        }
        tx.save().await.unwrap();
        let (person, agent) = (PersonId::from_bits(1), AgentId::from_bits(1));
        let credential = |change| {
            Happening::Credential(agent, KeyId::from_bits(1), "public_key".to_owned(), change)
        };
        let expected = [
            Happening::SignedOut(person, Some(SessionId::from_bits(1))),
            Happening::SignedOut(person, None),
            credential(Change::Create),
            credential(Change::Revoke),
            Happening::AgentStopped(agent),
        ];
        assert_eq!(told(&store, 1).await, expected);
        let signals = waiting(&store, 1).await;
        let [first, second, third, ..] = signals.as_slice() else { panic!("{signals:?}") };
        assert_eq!(first.cause.as_ref().map(|it| it.initiator), Some(Initiator::User));
        assert_eq!((first.at, &second.cause), (at(5), &None));
        assert!(first.transaction < second.transaction, "another act");
        assert_eq!(second.transaction, third.transaction, "one act");
    })
    .await;
}

#[tokio::test]
async fn each_stream_is_told_what_it_takes_and_settles_by_itself() {
    on_both(async |place| {
        let store = place.open().await;
        let credentials = vec![Kind::CredentialChange.uri().to_owned()];
        let narrow = Stream { requested: credentials, ..stream(2) };
        let disabled = Stream { flow: Flow::Disabled, ..stream(3) };
        begin(&store, &[stream(1), narrow.clone(), disabled]).await;
        let mut tx = store.begin().await.unwrap();
        tx.sessions().end(SessionId::from_bits(1), at(5)).await.unwrap();
        tx.keys().insert(&key(1, 1)).await.unwrap();
        tx.signals().verify(&narrow, Some("state".to_owned()), at(6)).await.unwrap();
        tx.save().await.unwrap();
        assert_eq!(told(&store, 1).await.len(), 2);
        assert_eq!(told(&store, 2).await.len(), 2);
        assert_eq!(told(&store, 3).await.len(), 0);
        let first = waiting(&store, 1).await.remove(0);
        let mut tx = store.begin().await.unwrap();
        assert!(!tx.signals().settle(narrow.id, first.id).await.unwrap(), "another's");
        assert!(tx.signals().settle(first.stream, first.id).await.unwrap());
        assert!(!tx.signals().settle(first.stream, first.id).await.unwrap());
        assert_eq!(tx.signals().forget(narrow.id).await.unwrap(), 2);
        tx.save().await.unwrap();
        assert_eq!(told(&store, 1).await.len(), 1);
    })
    .await;
}

#[tokio::test]
async fn what_waits_is_bounded_in_time_and_number() {
    on_both(async |place| {
        let store = place.open().await;
        begin(&store, &[stream(1)]).await;
        let mut tx = store.begin().await.unwrap();
        for millis in 1..=5 {
            let state = Some(millis.to_string());
            tx.signals().verify(&stream(1), state, at(millis)).await.unwrap();
        }
        let id = stream(1).id;
        assert_eq!(tx.signals().forget_oldest(id, at(2), 100).await.unwrap(), 1);
        assert_eq!(tx.signals().forget_oldest(id, at(2), 3).await.unwrap(), 1);
        assert_eq!(tx.signals().forget_oldest(id, at(2), 3).await.unwrap(), 0);
        tx.save().await.unwrap();
        let left: Vec<_> = waiting(&store, 1).await.into_iter().map(|it| it.at).collect();
        assert_eq!(left, [at(3), at(4), at(5)]);
    })
    .await;
}

#[tokio::test]
async fn one_process_at_a_time_sends_and_a_failure_waits() {
    on_both(async |place| {
        let store = place.open().await;
        begin(&store, &[stream(1)]).await;
        let mut tx = store.begin().await.unwrap();
        let mut streams = tx.signal_streams();
        assert_eq!(streams.due(at(10)).await.unwrap(), [], "nothing is to be sent");
        tx.signals().verify(&stream(1), None, at(9)).await.unwrap();
        let mut streams = tx.signal_streams();
        let id = stream(1).id;
        assert_eq!(streams.due(at(10)).await.unwrap(), [id]);
        let lease = streams.lease(id, at(10), at(20)).await.unwrap().unwrap();
        assert_eq!(streams.lease(id, at(19), at(29)).await.unwrap(), None);
        assert_eq!(streams.due(at(19)).await.unwrap(), []);
        let later = streams.lease(id, at(20), at(30)).await.unwrap().unwrap();
        let progress =
            Progress { failures: 2, refused: 1, last_error: Some("no answer".to_owned()) };
        streams.release(lease, &Progress::default(), at(0)).await.unwrap();
        assert_eq!(streams.due(at(21)).await.unwrap(), [], "the lease had passed on");
        streams.release(later, &progress, at(40)).await.unwrap();
        assert_eq!(streams.due(at(39)).await.unwrap(), []);
        assert_eq!(streams.due(at(40)).await.unwrap(), [id]);
        assert_eq!(streams.find(id).await.unwrap().unwrap().progress, progress);
        streams.update(&stream(1)).await.unwrap();
        assert_eq!(streams.due(at(1)).await.unwrap(), [id], "a change begins anew");
    })
    .await;
}

#[tokio::test]
async fn a_signal_of_a_source_is_new_once() {
    on_both(async |place| {
        let store = place.open().await;
        let mut tx = store.begin().await.unwrap();
        let mut received = tx.received_signals();
        assert!(received.remember(("a", "1"), at(10)).await.unwrap());
        assert!(!received.remember(("a", "1"), at(10)).await.unwrap());
        assert!(received.remember(("b", "1"), at(10)).await.unwrap());
    })
    .await;
}
