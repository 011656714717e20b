//! Clients that are told of a decision (CIBA Core 1.0, section 10.2).

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::State;
use axum::routing::post;
use bailiwick_authority::Transmitter;
use bailiwick_proof::opaque::{self, Opens};
use http::{HeaderMap, StatusCode};
use serde_json::{Value, json};

use crate::consent::backchannel::GRANT;
use crate::consent::flow::{Browser, Client};
use crate::signals::serve;
use crate::world::World;

/// What a client got: each body with its authorization.
type Got = Arc<Mutex<Vec<(Value, String)>>>;

/// A client's endpoint that answers so, and what it got.
async fn endpoint(status: u16, location: &'static str) -> (String, Got) {
    let got = Got::default();
    let take = async move |State(got): State<Got>, headers: HeaderMap, text: String| {
        assert_eq!(headers["content-type"], "application/json");
        let bearer = headers["authorization"].to_str().unwrap().to_owned();
        got.lock().unwrap().push((serde_json::from_str(&text).unwrap(), bearer));
        (StatusCode::from_u16(status).unwrap(), [("location", location)])
    };
    let router = Router::new().route("/ping", post(take)).with_state(Arc::clone(&got));
    (format!("{}/ping", serve(router).await), got)
}

async fn told_at(world: &World, name: &str, endpoint: &str) -> Client {
    let more = json!({
        "backchannel_token_delivery_mode": "ping",
        "backchannel_client_notification_endpoint": endpoint,
    });
    Client::confidential(world, name).await.may(world, &[GRANT], more).await
}

/// Whether something is kept of a request to notify its client with.
async fn is_kept(world: &World, asked: &Value) -> bool {
    let id = asked["auth_req_id"].as_str().unwrap();
    let digest = opaque::digest_of(Opens::Backchannel, id).unwrap();
    let mut tx = world.store.read().await.unwrap();
    tx.petitions().find(&digest).await.unwrap().unwrap().notification.is_some()
}

#[tokio::test]
async fn a_client_is_told_once_that_it_was_decided() {
    let world = World::new().await;
    let (url, got) = endpoint(204, "").await;
    let client = told_at(&world, "a", &url).await;
    let browser = Browser::sign_in(&world, "zoe").await;
    let transmitter = Transmitter::new(world.authority.clone());
    let asked = client.ask_person(&world, &browser.person.to_string()).await;
    transmitter.turn().await.unwrap();
    assert!(got.lock().unwrap().is_empty(), "nobody has decided");
    for decision in ["allow", "deny"] {
        let target = &browser.waiting(&world).await[0];
        browser.answer(&world, target, decision).await;
        if decision == "allow" {
            client.ask_person(&world, &browser.person.to_string()).await;
        }
    }
    for _ in 0..3 {
        transmitter.turn().await.unwrap();
        world.pass(60);
    }
    let got = got.lock().unwrap().clone();
    assert_eq!(got.len(), 2, "{got:?}");
    assert!(got.iter().all(|(_, it)| it == "Bearer 8d67dc78-7faa-4d41-aabd-67707b374255"));
    assert!(got.iter().any(|(it, _)| *it == json!({ "auth_req_id": asked["auth_req_id"] })));
    assert!(!is_kept(&world, &asked).await);
    client.poll(&world, &asked).await.ok(200);
}

#[tokio::test]
async fn a_client_that_does_not_answer_is_told_a_few_times_more() {
    let world = World::new().await;
    let (url, got) = endpoint(500, "").await;
    let client = told_at(&world, "a", &url).await;
    let browser = Browser::sign_in(&world, "zoe").await;
    let asked = client.ask_person(&world, &browser.person.to_string()).await;
    browser.answer(&world, &browser.waiting(&world).await[0], "allow").await;
    let transmitter = Transmitter::new(world.authority.clone());
    let mut times = Vec::new();
    for seconds in [0, 14, 1, 29, 1, 59, 1, 600] {
        world.pass(seconds);
        transmitter.turn().await.unwrap();
        times.push(got.lock().unwrap().len());
    }
    assert_eq!(times, [1, 1, 2, 2, 3, 3, 4, 4]);
    assert!(!is_kept(&world, &asked).await, "it is given up");
}

/// A URL of a client's is no lever on our network: the guards of every fetch, and no redirects.
#[tokio::test]
async fn nobody_is_told_at_a_private_address_or_where_a_redirect_leads() {
    let world = World::new().await;
    let browser = Browser::sign_in(&world, "zoe").await;
    let (elsewhere, got) = endpoint(204, "").await;
    let elsewhere: &'static str = elsewhere.leak();
    let (url, asked) = endpoint(307, elsewhere).await;
    for (name, url) in [("a", &*url), ("b", "http://10.0.0.1/ping"), ("c", "https://192.0.2.1/")] {
        let client = told_at(&world, name, url).await;
        let asked = client.ask_person(&world, &browser.person.to_string()).await;
        browser.answer(&world, &browser.waiting(&world).await[0], "deny").await;
        Transmitter::new(world.authority.clone()).turn().await.unwrap();
        client.poll(&world, &asked).await.refused(400, "access_denied");
        assert!(is_kept(&world, &asked).await, "{url}: it is tried again, no more than that");
    }
    assert_eq!((asked.lock().unwrap().len(), got.lock().unwrap().len()), (1, 0));
}

#[tokio::test]
async fn a_client_in_ping_mode_brings_a_token_to_be_told_with() {
    let world = World::new().await;
    let client = told_at(&world, "a", "https://app.example/ping").await;
    for token in ["", "short", "with a space in between it all"] {
        let form = [
            ("login_hint", "zoe"),
            ("scope", "refunds:write"),
            ("client_notification_token", token),
        ];
        client.ask(&world, &form).await.refused(400, "invalid_request");
    }
    let path = format!("/api/v1/agents/{}/client", client.id);
    let shown = world.operate("GET", &path, Value::Null).await.ok(200);
    assert_eq!(shown["backchannel_client_notification_endpoint"], "https://app.example/ping");
}
