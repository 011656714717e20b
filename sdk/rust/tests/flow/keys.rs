//! A key is changed without a pause.

use std::sync::{Arc, Mutex};

use bailiwick_client::{
    Bootstrap, Client, FileStore, Form, Manner, MemoryStore, NewKey, Options, Store, bootstrap,
};
use reqwest::Method;
use serde_json::{Value, json};

use crate::stage::{Hurried, Stage, code};

/// Registers a key as an operator's own program would.
async fn register(stage: Arc<Stage>, new: NewKey) -> String {
    let jwk: Value = serde_json::from_str(&new.public_jwk).unwrap();
    let path = "agents/summarizer/credentials";
    let added = stage.admin(Method::POST, path, json!({"jwk": jwk})).await;
    added["key_id"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_key_is_changed_without_a_pause_and_the_old_one_can_go() {
    let stage = Arc::new(Stage::begin().await);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("agent.json");
    let store: Arc<dyn Store> = Arc::new(FileStore::new(&path));
    let store = Some(store);
    let wanted = Bootstrap { store, ..stage.wanted("summarizer", Options::default()) };
    let client = bootstrap(wanted).await.unwrap();
    let url = stage.at("/acme/tickets/1");
    let forms = [Form::Signature, Form::Token, Form::Dpop];
    let actings = forms.map(|form| client.using(Manner::of(form)));
    for acting in &actings {
        assert_eq!(acting.get(&*url).await.unwrap().status(), 200);
    }
    let kept = MemoryStore::holding(std::fs::read_to_string(&path).unwrap());
    let old = Client::builder().store(kept).build().await.unwrap();
    let before = client.identity().key_id;

    let registering = stage.clone();
    let changed = client.rotate_key_with(move |new| {
        let stage = registering.clone();
        async move { Ok(register(stage, new).await) }
    });
    changed.await.unwrap();
    assert_ne!(client.identity().key_id, before);
    stage.revoke(&before).await;
    for acting in &actings {
        assert_eq!(acting.get(&*url).await.unwrap().status(), 200, "{acting:?}");
    }
    assert_eq!(code(old.get(&*url).await), "credential_revoked");
    let next = Client::builder().store(FileStore::new(&path)).build().await.unwrap();
    assert_eq!(next.get(&*url).await.unwrap().status(), 200);
}

#[tokio::test]
async fn an_agent_changes_its_key_by_itself_while_it_calls_and_the_old_one_goes() {
    let stage = Stage::begin().await;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("agent.json");
    let store: Option<Arc<dyn Store>> = Some(Arc::new(FileStore::new(&path)));
    let wanted = Bootstrap { store, ..stage.wanted("summarizer", Options::default()) };
    let client = bootstrap(wanted).await.unwrap();
    let kept = MemoryStore::holding(std::fs::read_to_string(&path).unwrap());
    let old = Client::builder().store(kept).build().await.unwrap();
    let before = client.identity().key_id;
    let url = stage.at("/acme/tickets/1");
    let [first, second, third] =
        [Form::Signature, Form::Token, Form::Dpop].map(|form| client.using(Manner::of(form)));
    // Another process, which finds the new key where the old one was.
    let beside = Client::builder().store(FileStore::new(&path)).build().await.unwrap();
    for _ in 0..2 {
        let calls = tokio::join!(
            first.get(&*url),
            second.get(&*url),
            third.get(&*url),
            client.rotate_key()
        );
        calls.3.unwrap();
        for answer in [calls.0, calls.1, calls.2] {
            assert_eq!(answer.unwrap().status(), 200);
        }
        for form in [Form::Token, Form::Signature] {
            assert_eq!(beside.using(Manner::of(form)).get(&*url).await.unwrap().status(), 200);
        }
    }
    assert_eq!(code(old.get(&*url).await), "credential_revoked");
    let next = Client::builder().store(FileStore::new(&path)).build().await.unwrap();
    assert_eq!(next.get(&*url).await.unwrap().status(), 200);
    // What was registered with the first key ends with it, however long the line is.
    stage.revoke(&before).await;
    assert_eq!(code(next.get(&*url).await), "credential_revoked");
}

#[tokio::test]
async fn a_key_that_nobody_registered_is_not_changed_to() {
    let stage = Stage::begin().await;
    let client = stage.client(Options::default()).await;
    let before = client.identity().key_id;
    let wrong = before.clone();
    let changed = client.rotate_key_with(move |_| std::future::ready(Ok(wrong.clone()))).await;
    assert_eq!(code(changed), "signature_invalid");
    let failed = client.rotate_key_with(|_| async { Err("nobody is there".into()) }).await;
    assert_eq!(code(failed), "callback_failed");
    assert_eq!(client.identity().key_id, before);
    assert_eq!(client.get(stage.at("/acme/tickets/1")).await.unwrap().status(), 200);
}

#[tokio::test]
async fn told_that_its_key_is_over_an_agent_changes_it_once_and_goes_on() {
    let stage = Arc::new(Stage::begin().await);
    let reasons = Arc::new(Mutex::new(Vec::new()));
    let (registering, told) = (stage.clone(), reasons.clone());
    let options = Options::default().clock(Hurried::default()).on_rotation(move |new| {
        let stage = registering.clone();
        told.lock().unwrap().push(new.why.as_ref().map(|why| why.code.clone()));
        async move { Ok(register(stage, new).await) }
    });
    let client = stage.client(options).await;
    stage.revoke(&client.identity().key_id).await;
    let url = stage.at("/acme/tickets/1");
    let (first, second) = (client.clone(), client.clone());
    let both = tokio::join!(first.get(&*url), second.get(&*url));
    assert_eq!(
        (both.0.unwrap().status(), both.1.unwrap().status()),
        (200.try_into().unwrap(), 200.try_into().unwrap())
    );
    assert_eq!(*reasons.lock().unwrap(), [Some("credential_revoked".to_owned())]);
}
