//! Coming in, once.

use std::os::unix::fs::PermissionsExt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use bailiwick_client::{
    Algorithm, Bootstrap, Client, Clock, Entry, FileStore, Key, MemoryStore, Options, Store,
    Timestamp, bootstrap, discover,
};
use reqwest::Method;
use serde_json::json;

use crate::stage::{Hurried, Stage, Wire, code};

#[tokio::test]
async fn an_agent_enrolls_and_its_next_start_takes_what_is_there() {
    let stage = Stage::begin().await;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("agent.json");
    let wanted = || Bootstrap {
        store: Some(Arc::new(FileStore::new(&path))),
        ..stage.wanted("summarizer", Options::default())
    };
    let first = bootstrap(wanted()).await.unwrap();
    assert!(first.identity().agent_id.starts_with("agt_"));
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);

    let again = bootstrap(wanted()).await.unwrap();
    assert_eq!(again.identity(), first.identity());
    let third = Client::builder().store(FileStore::new(&path)).build().await.unwrap();
    let answer = third.get(stage.at("/acme/tickets/7?state=open&x=%20")).await.unwrap();
    assert_eq!(answer.status(), 200);
    let seen = stage.installation.upstream.seen();
    assert_eq!(seen[0].target, "/tickets/7?state=open&x=%20");
    assert_eq!(stage.heard("x-agent-id").as_deref(), Some("summarizer"));
    assert_eq!(stage.heard("signature"), None, "no signature goes on to the API");
    assert_eq!(third.me().await.unwrap().name, "summarizer");
    stage.installation.stop().await;
}

#[tokio::test]
async fn a_registration_whose_answer_was_lost_is_found_again_by_its_key() {
    let stage = Stage::begin().await;
    let store = Arc::new(MemoryStore::default());
    let is_lost = AtomicBool::new(true);
    let wire = Wire::losing(move |request| {
        request.url().path().ends_with("/register") && is_lost.swap(false, Ordering::SeqCst)
    });
    let wanted = || Bootstrap {
        store: Some(store.clone()),
        ..stage.wanted("lost-and-found", Options::default().carrier(wire.clone()))
    };
    assert_eq!(code(bootstrap(wanted()).await), "server_unreachable");
    let found = bootstrap(wanted()).await.unwrap();
    assert_eq!(found.identity().name, "lost-and-found");
    assert_eq!(wire.sent("/api/agents/register").len(), 2);
}

#[tokio::test]
async fn keys_of_every_kind_enroll_and_sign() {
    let stage = Stage::begin().await;
    let kinds = [Algorithm::Ed25519, Algorithm::P256, Algorithm::Secp256k1];
    for (kind, name) in kinds.into_iter().zip(["summarizer", "refunder", "watcher"]) {
        let key = Some(Key::generate_as(kind).unwrap());
        let wanted = Bootstrap { key, ..stage.wanted(name, Options::default()) };
        let client = bootstrap(wanted).await.unwrap();
        let sent = client.get(stage.at("/acme/tickets/7")).await;
        assert_eq!(sent.unwrap().status(), 200, "{kind:?}");
        assert_eq!(stage.heard("x-agent-id").as_deref(), Some(name));
    }
}

#[tokio::test]
async fn a_key_that_an_operator_registered_does_as_well() {
    let stage = Stage::begin().await;
    let named = json!({"name": "by-hand", "owner": "support"});
    let agent = stage.admin(Method::POST, "agents", named).await;
    let key = Key::generate().unwrap();
    let jwk: serde_json::Value = serde_json::from_str(&key.public_jwk().unwrap()).unwrap();
    stage.admin(Method::POST, "agents/by-hand/credentials", json!({"jwk": jwk})).await;
    let builder = || Client::builder().server(&*stage.installation.authority);
    let bare = MemoryStore::holding(&**key.to_jwk());
    let client = builder().store(bare).build().await.unwrap();
    assert_eq!(client.identity().agent_id, agent["id"].as_str().unwrap());
    assert_eq!(code(client.get(stage.at("/acme/tickets/7")).await), "scope_missing");
    let nobody = builder().key(Key::generate().unwrap()).build().await;
    assert_eq!(code(nobody), "credential_unknown");
}

#[tokio::test]
async fn where_agents_can_come_in_is_told() {
    let stage = Stage::begin().await;
    let told = discover(&stage.installation.authority, &Options::default()).await.unwrap();
    let names: Vec<&str> = told.projects.iter().map(|it| &*it.name).collect();
    assert_eq!(names, ["default"]);
}

/// An operator who decides while somebody waits.
#[derive(Clone)]
struct Deciding {
    clock: Hurried,
    stage: Arc<Stage>,
    path: &'static str,
    said: serde_json::Value,
}

#[async_trait]
impl Clock for Deciding {
    fn now(&self) -> Timestamp {
        self.clock.now()
    }

    async fn sleep(&self, duration: Duration) {
        self.clock.sleep(duration).await;
        let _ = self.stage.admin(Method::POST, self.path, self.said.clone()).await;
    }
}

#[tokio::test]
async fn an_operator_is_waited_for_and_what_they_say_is_heard() {
    let stage = Arc::new(Stage::begin().await);
    let project = json!({"name": "help", "registration": "ask", "scopes": ["tickets:read"]});
    stage.admin(Method::POST, "projects", project).await;
    let pending = Arc::new(Mutex::new(Vec::new()));
    let ask = |name: &str, clock: Deciding| {
        let told = pending.clone();
        Bootstrap {
            entry: Entry::Project("help".to_owned()),
            on_pending: Some(Box::new(move |it| told.lock().unwrap().push(it.name.clone()))),
            ..stage.wanted(name, Options::default().clock(clock))
        }
    };
    let decide = |path, said| Deciding {
        clock: Hurried { moves: true, ..Hurried::default() },
        stage: stage.clone(),
        path,
        said,
    };
    let approving = decide("agents/summarizer/approve?project=help", json!({}));
    let client = bootstrap(ask("summarizer", approving)).await.unwrap();
    assert_eq!(client.identity().status, "active");
    assert_eq!(client.get(stage.at("/acme/tickets/1")).await.unwrap().status(), 200);

    let because = json!({"because": "nobody knows it"});
    let refusing = decide("agents/stranger/refuse?project=help", because);
    let refused = bootstrap(ask("stranger", refusing)).await.unwrap_err();
    assert_eq!(refused.code(), "agent_retired");
    assert!(refused.to_string().contains("nobody knows it"), "{refused}");
    assert_eq!(*pending.lock().unwrap(), ["summarizer", "stranger"]);
}

#[tokio::test]
async fn with_a_store_waiting_goes_on_where_it_was() {
    let stage = Stage::begin().await;
    let project = json!({"name": "help", "registration": "ask", "scopes": ["tickets:read"]});
    stage.admin(Method::POST, "projects", project).await;
    let store = Arc::new(MemoryStore::default());
    let ask = |wait| Bootstrap {
        entry: Entry::Project("help".to_owned()),
        store: Some(store.clone()),
        wait,
        ..stage.wanted(
            "patient",
            Options::default().clock(Hurried { moves: true, ..Hurried::default() }),
        )
    };
    let waiting = bootstrap(ask(Duration::from_secs(10))).await.unwrap_err();
    assert_eq!(waiting.code(), "agent_pending");
    assert!(waiting.to_string().contains("no operator has approved patient yet"), "{waiting}");
    assert!(store.load().await.unwrap().is_some());
    let path = "agents/patient/approve?project=help";
    stage.admin(Method::POST, path, json!({})).await;
    let later = bootstrap(ask(Duration::ZERO)).await.unwrap();
    assert_eq!(later.identity().name, "patient");
}
