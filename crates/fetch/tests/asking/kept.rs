//! Key sets over time: fetched once, renewed, rotated, and in the end forgotten.

use std::sync::Arc;

use bailiwick_fetch::{KeySets, NoKey, Unfetched};
use tokio::sync::Semaphore;

use crate::scene::{Hands, client, jwk, set, url};
use crate::server::{Answer, Server};

struct Scene {
    server: Server,
    hands: Hands,
    sets: KeySets<String>,
}

impl Scene {
    async fn new() -> Self {
        let (server, hands) = (Server::start().await, Hands::new());
        let sets = KeySets::new(client(), hands.upkeep(), jwk);
        Self { server, hands, sets }
    }

    fn serve(&self, kids: &[&str]) {
        self.server.on("GET /keys ", Answer::json(&set(kids)));
    }

    fn fail(&self) {
        self.server.on("GET /keys ", Answer::status("503 Service Unavailable"));
    }

    /// What comes of asking for a key, and how many requests the server has seen by then.
    async fn find(&self, kid: &str) -> (Result<(), NoKey>, usize) {
        let found = self.sets.find(&url(&self.server.at("/keys")), kid).await;
        (found.map(drop), self.server.count())
    }
}

const FAILED: NoKey = NoKey::Unfetched(Unfetched::Status(503));

#[tokio::test]
async fn many_who_wait_cause_one_fetch() {
    let scene = Scene::new().await;
    let gate = Arc::new(Semaphore::new(0));
    scene.server.on("GET /keys ", Answer::json(&set(&["a"])).behind(&gate));
    let waiting: Vec<_> = (0..50)
        .map(|_| {
            let (sets, url) = (scene.sets.clone(), url(&scene.server.at("/keys")));
            tokio::spawn(async move { sets.find(&url, "a").await })
        })
        .collect();
    scene.server.arrival().await;
    gate.add_permits(50);
    for found in waiting {
        assert!(found.await.unwrap().is_ok());
    }
    assert_eq!(scene.server.count(), 1);
}

#[tokio::test]
async fn a_fetch_goes_on_when_the_request_that_began_it_is_gone() {
    let scene = Scene::new().await;
    let gate = Arc::new(Semaphore::new(0));
    scene.server.on("GET /keys ", Answer::json(&set(&["a"])).behind(&gate));
    let (sets, asked) = (scene.sets.clone(), url(&scene.server.at("/keys")));
    let first = tokio::spawn(async move { sets.find(&asked, "a").await });
    scene.server.arrival().await;
    first.abort();
    assert!(first.await.unwrap_err().is_cancelled());
    gate.add_permits(1);
    assert_eq!(scene.find("a").await, (Ok(()), 1));
}

#[tokio::test]
async fn runtimes_share_what_was_fetched() {
    let scene = Scene::new().await;
    scene.serve(&["a"]);
    let (sets, asked) = (scene.sets.clone(), url(&scene.server.at("/keys")));
    let elsewhere = tokio::task::spawn_blocking(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async { sets.find(&asked, "a").await.map(drop) })
    });
    assert_eq!(elsewhere.await.unwrap(), Ok(()));
    assert_eq!(scene.find("a").await, (Ok(()), 1));
}

#[tokio::test]
async fn a_set_is_fetched_again_when_it_is_no_longer_fresh() {
    let scene = Scene::new().await;
    let fields = "content-type: application/json\r\ncache-control: max-age=120";
    scene.server.on("GET /keys ", Answer::ok(fields, &set(&["a", "old"])));
    assert_eq!(scene.find("a").await, (Ok(()), 1));
    scene.hands.advance(119);
    assert_eq!(scene.find("a").await, (Ok(()), 1));
    scene.serve(&["a"]);
    scene.hands.advance(90);
    assert_eq!(scene.find("a").await, (Ok(()), 2));
    assert_eq!(scene.find("old").await, (Err(NoKey::Unknown), 2), "withdrawn is gone");
}

#[tokio::test]
async fn a_set_in_use_is_renewed_without_anybody_waiting() {
    let scene = Scene::new().await;
    scene.serve(&["a", "old"]);
    assert_eq!(scene.find("a").await, (Ok(()), 1));
    let gate = Arc::new(Semaphore::new(0));
    scene.server.on("GET /keys ", Answer::json(&set(&["a"])).behind(&gate));
    scene.hands.advance(301);
    assert_eq!(scene.find("old").await.0, Ok(()), "not yet withdrawn as far as is known");
    gate.add_permits(1);
    while scene.find("old").await.0.is_ok() {
        tokio::task::yield_now().await;
    }
    assert_eq!(scene.find("a").await, (Ok(()), 2));
}

#[tokio::test]
async fn a_key_that_was_rotated_in_is_found() {
    let scene = Scene::new().await;
    scene.serve(&["a"]);
    assert_eq!(scene.find("a").await, (Ok(()), 1));
    scene.serve(&["b"]);
    scene.hands.advance(30);
    assert_eq!(scene.find("b").await, (Ok(()), 2));
    assert_eq!(scene.find("a").await, (Err(NoKey::Unknown), 2));
}

#[tokio::test]
async fn names_of_keys_that_are_made_up_cause_no_fetches() {
    let scene = Scene::new().await;
    scene.serve(&["a"]);
    for number in 0..100 {
        let expected = (Err(NoKey::Unknown), 1);
        assert_eq!(scene.find(&format!("made-up-{number}")).await, expected);
    }
    scene.hands.advance(30);
    for number in 0..100 {
        let expected = (Err(NoKey::Unknown), 2);
        assert_eq!(scene.find(&format!("made-up-{number}")).await, expected);
    }
}

#[tokio::test]
async fn a_key_is_not_called_unknown_while_nobody_can_be_asked() {
    let scene = Scene::new().await;
    scene.serve(&["a"]);
    assert_eq!(scene.find("a").await, (Ok(()), 1));
    scene.fail();
    scene.hands.advance(30);
    assert_eq!(scene.find("b").await, (Err(FAILED), 2));
    assert_eq!(scene.find("b").await, (Err(FAILED), 2), "remembered, not asked again");
    assert_eq!(scene.find("a").await, (Ok(()), 2), "what is known stays");
}

#[tokio::test]
async fn a_server_that_fails_is_left_alone_ever_longer() {
    let scene = Scene::new().await;
    scene.fail();
    let mut asked = 0;
    for pause in [5, 10, 20, 40, 80, 160, 300, 300] {
        asked += 1;
        assert_eq!(scene.find("a").await, (Err(FAILED), asked));
        scene.hands.advance(pause - 1);
        assert_eq!(scene.find("a").await, (Err(FAILED), asked), "{pause}");
        scene.hands.advance(1);
    }
    scene.serve(&["a"]);
    assert_eq!(scene.find("a").await, (Ok(()), asked + 1));
}

#[tokio::test]
async fn the_last_good_keys_serve_for_a_day_and_then_none_do() {
    let scene = Scene::new().await;
    scene.serve(&["a"]);
    assert_eq!(scene.find("a").await, (Ok(()), 1));
    scene.fail();
    for _ in 0..23 {
        scene.hands.advance(3_600);
        assert_eq!(scene.find("a").await.0, Ok(()));
    }
    scene.hands.advance(3_599);
    assert_eq!(scene.find("a").await.0, Ok(()));
    scene.hands.advance(1);
    assert!(matches!(scene.find("a").await.0, Err(NoKey::Unfetched(_))), "fails closed");
    scene.serve(&["a"]);
    scene.hands.advance(300);
    assert_eq!(scene.find("a").await.0, Ok(()));
}

#[tokio::test]
async fn a_document_that_cannot_be_read_does_not_replace_a_good_one() {
    let scene = Scene::new().await;
    scene.serve(&["a"]);
    assert_eq!(scene.find("a").await, (Ok(()), 1));
    scene.server.on("GET /keys ", Answer::json(r#"{"keys":"#));
    scene.hands.advance(3_600);
    assert_eq!(scene.find("a").await, (Ok(()), 2));
}

#[tokio::test]
async fn keys_that_cannot_be_read_are_passed_over_and_the_first_of_a_name_counts() {
    let (server, hands) = (Server::start().await, Hands::new());
    let keys = r#"{"keys":[{"kid":"a","kty":"no"},{"kid":"a","kty":"X","n":1},{"kty":"X","n":2},
                   {"kid":"a","kty":"X","n":3}]}"#;
    server.on("GET /keys ", Answer::json(keys));
    let read = |text: &str| text.contains(r#""kty":"X""#).then(|| text.to_owned());
    let sets = KeySets::new(client(), hands.upkeep(), read);
    let set = sets.all(&url(&server.at("/keys"))).await.unwrap();
    let found = set.find("a").map(|key| key.as_str());
    assert_eq!(found, Some(r#"{"kid":"a","kty":"X","n":1}"#));
    assert_eq!(set.keys().len(), 3);
}
