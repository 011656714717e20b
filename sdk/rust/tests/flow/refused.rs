//! What goes wrong before anything works: each says what, and what to do.

use std::sync::Arc;
use std::time::Duration;

use bailiwick_client::{
    Bootstrap, Client, Entry, EnvironmentStore, Error, FileStore, Key, MemoryStore, Options, Store,
    bootstrap,
};
use reqwest::Method;
use serde_json::Value;

use crate::stage::{Hurried, Stage};

/// It failed with this code, and says all of these.
fn says<T>(failed: Result<T, Error>, code: &str, words: &[&str]) {
    let Err(failed) = failed else { panic!("{code} expected") };
    assert_eq!(failed.code(), code, "{failed}");
    for word in words {
        assert!(failed.to_string().contains(word), "`{word}` expected: {failed}");
    }
}

#[tokio::test]
async fn no_key_no_address_and_no_agent() {
    let folder = tempfile::tempdir().unwrap();
    let builder = Client::builder;
    let key = || Key::generate().unwrap();
    says(
        builder().server("http://a.example").build().await,
        "configuration",
        &["a key, or a store"],
    );
    says(builder().key(key()).build().await, "configuration", &["`server`"]);
    for address in ["authority", "file:///etc", ""] {
        let made = builder().key(key()).server(address).build().await;
        says(made, "configuration", &["no address of a server"]);
    }
    let nothing = builder().store(FileStore::new(folder.path().join("none"))).build().await;
    says(nothing, "store_unusable", &["no agent", "bootstrap"]);
    says(Key::from_file(folder.path().join("none")), "key_unusable", &["there is no file"]);
    says(Key::from_environment("BAILIWICK_NO_SUCH"), "key_unusable", &["is not set"]);
}

#[tokio::test]
async fn a_server_that_does_not_answer_or_is_something_else() {
    let gone = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", gone.local_addr().unwrap());
    drop(gone);
    let clock = Hurried::default();
    let options = Options::default().clock(clock.clone());
    let key = Key::generate().unwrap();
    let made = Client::builder().server(address).key(key.clone()).options(options.clone());
    says(made.build().await, "server_unreachable", &["does not answer", "bailiwick serve"]);
    assert_eq!(clock.slept().len(), 4, "it was tried again before");

    let stage = Stage::begin().await;
    for server in
        [&stage.installation.gateway, &format!("http://{}", stage.installation.upstream.address)]
    {
        let made = Client::builder().server(&**server).key(key.clone()).options(options.clone());
        says(
            made.build().await,
            "answer_unreadable",
            &["not as an authority", "not the gateway's"],
        );
    }
}

#[tokio::test]
async fn an_enrolment_that_is_refused() {
    let stage = Stage::begin().await;
    let ask =
        |name: &str, entry: Entry| Bootstrap { entry, ..stage.wanted(name, Options::default()) };
    let invited = || Entry::Invite(stage.invite.clone());
    says(bootstrap(ask("Not A Name", invited())).await, "request_malformed", &["name"]);
    bootstrap(ask("taken-name", invited())).await.unwrap();
    says(bootstrap(ask("taken-name", invited())).await, "identity_taken", &["another name"]);
    says(bootstrap(ask("watcher", Entry::default())).await, "invite_needed", &["ask an operator"]);
    let nowhere = Entry::Project("nowhere".to_owned());
    says(bootstrap(ask("watcher", nowhere)).await, "not_found", &[]);

    let once = stage.invite(1).await;
    let code = once["invite_code"].as_str().unwrap().to_owned();
    bootstrap(ask("first-in", Entry::Invite(code.clone()))).await.unwrap();
    let second = bootstrap(ask("second-in", Entry::Invite(code))).await;
    says(second, "invite_unusable", &["has been used up", "a new invite"]);
    let taken = stage.invite(9).await;
    let path = format!("invites/{}", taken["id"].as_str().unwrap());
    stage.admin(Method::DELETE, &path, Value::Null).await;
    let code = taken["invite_code"].as_str().unwrap().to_owned();
    let late = bootstrap(ask("late", Entry::Invite(code))).await;
    says(late, "invite_unusable", &["was revoked", "a new invite"]);
    let key = Some(Key::from_jwk(&format!(r#"{{"kty":"oct","k":"{}"}}"#, "A".repeat(43))).unwrap());
    let shared = Bootstrap { key, ..ask("shared", invited()) };
    says(bootstrap(shared).await, "key_unusable", &["shared secret"]);
}

#[tokio::test]
async fn a_clock_that_is_a_little_off_is_made_up_for_and_one_that_is_far_off_is_named() {
    let stage = Stage::begin().await;
    let off = |seconds| {
        let clock = Hurried::default();
        clock.hands.advance(seconds);
        clock
    };
    for (seconds, name) in [(-120, "slow-one"), (120, "quick")] {
        let options = Options::default().clock(off(seconds));
        let client = bootstrap(stage.wanted(name, options)).await.unwrap();
        assert_eq!(client.get(stage.at("/acme/tickets/1")).await.unwrap().status(), 200);
    }
    for (seconds, said) in [(-7_200, "s behind"), (7_200, "s ahead of")] {
        let options = Options::default().clock(off(seconds));
        says(bootstrap(stage.wanted("far-off", options)).await, "clock_off", &[said, "NTP"]);
    }
    let clock = off(0);
    let options = Options::default().clock(clock.clone()).max_skew(Duration::from_mins(5));
    let client = bootstrap(stage.wanted("drifter", options)).await.unwrap();
    clock.hands.advance(100);
    assert_eq!(client.get(stage.at("/acme/tickets/1")).await.unwrap().status(), 200);
    clock.hands.advance(-86_400);
    says(client.get(stage.at("/acme/tickets/1")).await, "clock_off", &["s behind"]);
}

#[tokio::test]
async fn a_store_of_another_agent_and_one_that_cannot_be_kept() {
    let stage = Stage::begin().await;
    let store: Arc<dyn Store> = Arc::new(MemoryStore::default());
    let wanted = |store: &Arc<dyn Store>| Bootstrap {
        store: Some(store.clone()),
        ..stage.wanted("summarizer", Options::default())
    };
    bootstrap(wanted(&store)).await.unwrap();
    let server = "https://other.example".to_owned();
    let elsewhere = Bootstrap { server, ..wanted(&store) };
    says(bootstrap(elsewhere).await, "store_unusable", &["other.example", "store of its own"]);
    let environment: Arc<dyn Store> = Arc::new(EnvironmentStore::new("BAILIWICK_NO_SUCH"));
    says(bootstrap(wanted(&environment)).await, "store_unusable", &["enroll once"]);
    assert!(is_alone(&stage).await, "nobody enrolls with a key that was not kept");
}

/// Whether the agent that enrolled first is the only one there is.
async fn is_alone(stage: &Stage) -> bool {
    let agents = stage.admin(Method::GET, "agents", Value::Null).await;
    agents["agents"].as_array().unwrap().len() == 1
}
