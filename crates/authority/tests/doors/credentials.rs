//! `/api/v1/credentials`.

use bailiwick_domain::credential::Algorithm;
use serde_json::{Value, json};

use crate::world::World;

#[tokio::test]
async fn a_public_key_is_registered_listed_and_revoked_for_ever() {
    let world = World::new().await;
    let agent = world.enroll("a").await;
    let path = format!("/api/v1/credentials/{}", agent.key_id);
    let shown = world.operate("GET", &path, Value::Null).await.ok(200);
    let expected = json!({
        "key_id": agent.key_id,
        "agent": agent.id,
        "thumbprint": agent.key.thumbprint(),
        "kind": "public_key",
        "alg": "ed25519",
        "networks": [],
        "state": "active",
        "created_at": "2027-01-15T08:00:00.000Z",
        "last_used_at": null,
    });
    assert_eq!(shown, expected);
    for query in ["", "?agent=a", "?agent=a&project=default"] {
        let path = format!("/api/v1/credentials{query}");
        let listed = world.operate("GET", &path, Value::Null).await.ok(200);
        assert_eq!(listed, json!({ "credentials": [expected] }));
    }
    for _ in 0..2 {
        let revoked = world.operate("DELETE", &path, Value::Null).await.ok(200);
        assert_eq!(revoked["state"], "revoked");
    }
}

#[tokio::test]
async fn a_shared_secret_is_shown_once_and_never_again() {
    let world = World::new().await;
    let agent = world.enroll("a").await;
    let path = format!("/api/v1/agents/{}/credentials", agent.id);
    let added = world.operate("POST", &path, json!({ "kind": "hmac" })).await.ok(201);
    assert_eq!(added["alg"], "hmac-sha256");
    let secret = added["secret"].as_str().unwrap();
    assert_eq!(secret.len(), 43);
    let id = added["key_id"].as_str().unwrap();
    for path in [format!("/api/v1/credentials/{id}"), "/api/v1/credentials".to_owned()] {
        let shown = world.operate("GET", &path, Value::Null).await;
        assert!(!String::from_utf8(shown.body).unwrap().contains(secret));
    }
    let other = world.operate("POST", &path, json!({ "kind": "hmac" })).await.ok(201);
    assert_ne!(other["secret"], added["secret"]);
}

#[tokio::test]
async fn no_two_agents_share_a_key_not_even_a_revoked_one() {
    let world = World::new().await;
    let (a, b) = (world.enroll("a").await, world.enroll("b").await);
    let jwk: Value = serde_json::from_str(&a.key.public().unwrap().to_jwk()).unwrap();
    for agent in [&b.id, &a.id] {
        let path = format!("/api/v1/agents/{agent}/credentials");
        let again = world.operate("POST", &path, json!({ "jwk": jwk })).await;
        let detail = again.json()["detail"].as_str().unwrap().to_owned();
        again.refused(409, "key_registered");
        let whose = format!("`a` ({}) of project `default` has it as {}", a.id, a.key_id);
        assert_eq!(detail, whose, "the operator is told");
    }
    let path = format!("/api/v1/credentials/{}", a.key_id);
    world.operate("DELETE", &path, Value::Null).await.ok(200);
    let again = world.operate("POST", "/api/v1/agents/b/credentials", json!({ "jwk": jwk }));
    again.await.refused(409, "key_registered");
}

#[tokio::test]
async fn what_is_not_a_public_key_is_refused() {
    let world = World::new().await;
    world.enroll("a").await;
    let key = world.key(Algorithm::Ed25519);
    let private: Value = serde_json::from_str(&key.to_jwk()).unwrap();
    let mut mistyped: Value = serde_json::from_str(&key.public().unwrap().to_jwk()).unwrap();
    mistyped["kty"] = json!("EC");
    for body in [
        json!({}),
        json!({ "jwk": {} }),
        json!({ "jwk": "text" }),
        json!({ "jwk": private }),
        json!({ "jwk": mistyped }),
        json!({ "jwk": { "kty": "RSA", "n": "AQAB", "e": "AQAB" } }),
        json!({ "jwk": { "kty": "oct", "k": "AAAA" } }),
        json!({ "kind": "rsa" }),
        json!({ "kind": "hmac", "jwk": {} }),
        json!({ "kind": "hmac", "secret": "chosen by the caller" }),
    ] {
        let answer = world.operate("POST", "/api/v1/agents/a/credentials", body.clone()).await;
        assert!(!String::from_utf8_lossy(&answer.body).contains(key.to_jwk().as_str()));
        answer.refused(400, "request_malformed");
    }
}

#[tokio::test]
async fn a_retired_agent_gets_no_keys_and_nobody_gets_too_many() {
    let world = World::new().await;
    world.enroll("a").await;
    let path = "/api/v1/agents/a/credentials";
    for _ in 1..32 {
        world.operate("POST", path, json!({ "kind": "hmac" })).await.ok(201);
    }
    let refused = world.operate("POST", path, json!({ "kind": "hmac" })).await;
    refused.refused(409, "keys_too_many");
    let listed = world.operate("GET", "/api/v1/credentials?limit=1", Value::Null).await.ok(200);
    let first = listed["credentials"][0]["key_id"].as_str().unwrap();
    let revoke = format!("/api/v1/credentials/{first}");
    world.operate("DELETE", &revoke, Value::Null).await.ok(200);
    world.operate("POST", path, json!({ "kind": "hmac" })).await.ok(201);
    world.operate("POST", "/api/v1/agents/a/retire", Value::Null).await.ok(200);
    let refused = world.operate("POST", path, json!({ "kind": "hmac" })).await;
    refused.refused(409, "state_impossible");
}

#[tokio::test]
async fn a_key_that_nobody_knows_is_not_found() {
    let world = World::new().await;
    for (method, path) in [
        ("GET", "/api/v1/credentials/key_00000000000000000000000000"),
        ("DELETE", "/api/v1/credentials/key_00000000000000000000000000"),
        ("GET", "/api/v1/credentials/agt_00000000000000000000000000"),
        ("DELETE", "/api/v1/credentials/x"),
        ("GET", "/api/v1/credentials?agent=nobody"),
    ] {
        world.operate(method, path, Value::Null).await.refused(404, "not_found");
    }
    let body = json!({ "kind": "hmac" });
    let added = world.operate("POST", "/api/v1/agents/nobody/credentials", body).await;
    added.refused(404, "not_found");
}

#[tokio::test]
async fn from_where_a_key_may_be_used_is_said_when_it_is_added_and_changed_later() {
    let world = World::new().await;
    world.enroll("a").await;
    let path = "/api/v1/agents/a/credentials";
    let body = json!({ "kind": "hmac", "networks": ["10.0.0.0/8", "192.0.2.7"] });
    let added = world.operate("POST", path, body).await.ok(201);
    assert_eq!(added["networks"], json!(["10.0.0.0/8", "192.0.2.7/32"]));
    let key = format!("/api/v1/credentials/{}", added["key_id"].as_str().unwrap());
    let changed = world.operate("PATCH", &key, json!({ "networks": ["2001:db8::/32"] })).await;
    assert_eq!(changed.ok(200)["networks"], json!(["2001:db8::/32"]));
    let shown = world.operate("GET", &key, Value::Null).await.ok(200);
    assert_eq!(shown["networks"], json!(["2001:db8::/32"]));
    for networks in [json!(["10.0.0.1/8"]), json!(["anywhere"]), json!("10.0.0.0/8")] {
        let body = json!({ "networks": networks });
        world.operate("PATCH", &key, body).await.refused(400, "request_malformed");
    }
    world.operate("PATCH", &key, json!({})).await.refused(400, "request_malformed");
    let missing = "/api/v1/credentials/key_00000000000000000000000000";
    world.operate("PATCH", missing, json!({ "networks": [] })).await.refused(404, "not_found");
}
