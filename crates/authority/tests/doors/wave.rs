//! Many who want to come in at once.

use axum::body::Body;
use bailiwick_domain::agent::{Agent, Kind, State};
use bailiwick_domain::credential::Algorithm;
use bailiwick_domain::id::AgentId;
use bailiwick_domain::time::Timestamp;
use bailiwick_proof::keys::SigningKey;
use http::Request;
use serde_json::{Value, json};

use crate::world::{Answer, World};

const REQUEST: &str = "/api/agents/request-access";

/// A signed request, whatever becomes of it.
fn signed(world: &World, project: &str, name: &str, key: &SigningKey) -> Request<Body> {
    let jwk: Value = serde_json::from_str(&key.public().unwrap().to_jwk()).unwrap();
    let body = json!({
        "projectId": project, "name": name, "owner": "o", "purpose": "", "jwk": jwk,
    });
    let draft = world.draft("POST", REQUEST, key.thumbprint());
    draft.with_body("application/json", &body.to_string()).sign(key)
}

/// A request whose signature is none: all that it costs is a look at the address.
fn forged(world: &World) -> Request<Body> {
    let draft = world.draft("POST", REQUEST, "a");
    let key = world.key(Algorithm::Ed25519);
    draft.with_body("application/json", "{}").sign(&key)
}

fn limited(answer: &Answer, policy: &str, retry_after: &str) {
    answer.refused(429, "rate_limited");
    let header = |name: &str| answer.headers[name].to_str().unwrap().to_owned();
    assert_eq!(header("retry-after"), retry_after);
    assert_eq!(header("ratelimit"), format!("\"{policy}\";r=0;t={retry_after}"));
    assert!(header("ratelimit-policy").starts_with(&format!("\"{policy}\";q=")));
    assert_eq!(answer.json()["retry_after_seconds"].to_string(), retry_after);
    assert_eq!(answer.json()["retryable"], true);
}

#[tokio::test]
async fn an_address_tries_so_often_and_no_more() {
    let world = World::new().await;
    world.add_project("p", "open").await;
    for _ in 0..60 {
        let refused = world.send_from("192.0.2.7", forged(&world)).await;
        refused.refused(400, "request_malformed");
    }
    for address in ["192.0.2.7", "::ffff:192.0.2.7"] {
        limited(&world.send_from(address, forged(&world)).await, "address", "1");
    }
    let honest = signed(&world, "p", "a", &world.key(Algorithm::Ed25519));
    limited(&world.send_from("192.0.2.7", honest).await, "address", "1");
    let other = signed(&world, "p", "b", &world.key(Algorithm::Ed25519));
    world.send_from("192.0.2.8", other).await.ok(201);
    world.pass(1);
    let later = signed(&world, "p", "c", &world.key(Algorithm::Ed25519));
    world.send_from("192.0.2.7", later).await.ok(201);
}

#[tokio::test]
async fn all_addresses_of_one_ipv6_network_count_as_one() {
    let world = World::new().await;
    for host in 0..60 {
        let address = format!("2001:db8:0:7::{host:x}");
        world.send_from(&address, forged(&world)).await.refused(400, "request_malformed");
    }
    limited(&world.send_from("2001:db8:0:7:ffff::1", forged(&world)).await, "address", "1");
    let neighbor = world.send_from("2001:db8:0:8::1", forged(&world)).await;
    neighbor.refused(400, "request_malformed");
}

#[tokio::test]
async fn a_key_tries_so_often_and_only_its_holder_uses_its_tries_up() {
    let world = World::new().await;
    world.add_project("p", "open").await;
    let (key, thief) = (world.key(Algorithm::Ed25519), world.key(Algorithm::Ed25519));
    let from = |place: u8| format!("192.0.2.{place}");
    for place in 0..10 {
        let mut stolen = signed(&world, "p", "a", &key);
        let other = signed(&world, "p", "a", &thief);
        let signature = other.headers()["signature"].clone();
        stolen.headers_mut().insert("signature", signature);
        world.send_from(&from(place), stolen).await.refused(401, "signature_invalid");
    }
    for place in 0..6 {
        let request = signed(&world, "p", "admin", &key);
        world.send_from(&from(place), request).await.refused(409, "identity_taken");
    }
    let request = signed(&world, "p", "a", &key);
    limited(&world.send_from(&from(7), request).await, "key", "10");
    world.pass(10);
    world.send_from(&from(7), signed(&world, "p", "a", &key)).await.ok(201);
}

#[tokio::test]
async fn a_project_is_asked_so_often_and_keeps_nobody_out_who_was_invited() {
    let world = World::new().await;
    world.add_project("p", "open").await;
    for place in 0..600_u32 {
        let address = std::net::Ipv4Addr::from(0xc000_0200 + place).to_string();
        let request = signed(&world, "p", "admin", &world.key(Algorithm::Ed25519));
        world.send_from(&address, request).await.refused(409, "identity_taken");
    }
    let key = world.key(Algorithm::Ed25519);
    limited(&world.send(signed(&world, "p", "a", &key)).await, "project", "6");
    world.add_project("q", "open").await;
    world.send(signed(&world, "q", "a", &world.key(Algorithm::Ed25519))).await.ok(201);

    let invite = world.operate("POST", "/api/v1/invites", json!({ "project": "p" })).await.ok(201);
    let jwk: Value = serde_json::from_str(&key.public().unwrap().to_jwk()).unwrap();
    let body = json!({
        "inviteCode": invite["invite_code"], "name": "a", "owner": "o", "purpose": "", "jwk": jwk,
    });
    let draft = world.draft("POST", "/api/agents/register", key.thumbprint());
    let invited = draft.with_body("application/json", &body.to_string()).sign(&key);
    world.send(invited).await.ok(201);
}

#[tokio::test]
async fn so_many_wait_for_approval_and_no_more() {
    let world = World::new().await;
    world.add_project("p", "ask").await;
    let mut tx = world.store.begin().await.unwrap();
    for id in 0..1_000_u128 {
        let agent = waiting(id, world.now());
        tx.agents().insert(&agent).await.unwrap();
    }
    tx.save().await.unwrap();
    let request = || signed(&world, "p", "a", &world.key(Algorithm::Ed25519));
    limited(&world.send(request()).await, "waiting", "3600");
    let refused = world.operate("POST", "/api/v1/agents/n-7/refuse?project=p", json!({})).await;
    refused.ok(200);
    world.send(request()).await.ok(202);
    limited(&world.send(request()).await, "waiting", "3600");
    world.pass(7 * 86_400);
    let later = signed(&world, "p", "b", &world.key(Algorithm::Ed25519));
    world.send(later).await.ok(202);
}

fn waiting(id: u128, now: i64) -> Agent {
    Agent {
        id: AgentId::from_bits(id),
        project: "p".parse().unwrap(),
        name: format!("n-{id}").parse().unwrap(),
        owner: "o".to_owned(),
        purpose: String::new(),
        kind: Kind::Autonomous,
        state: State::Pending,
        scopes: "".parse().unwrap(),
        broad_because: None,
        limit: None,
        networks: Vec::new(),
        refused: None,
        created_at: Timestamp::from_seconds(now),
        updated_at: Timestamp::from_seconds(now),
    }
}

#[tokio::test]
async fn where_the_address_is_not_known_nobody_comes_in() {
    let world = World::new().await;
    world.add_project("p", "open").await;
    let request = signed(&world, "p", "a", &world.key(Algorithm::Ed25519));
    world.send_unplaced(request).await.refused(503, "unavailable");
}
