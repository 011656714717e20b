//! What else than a key an agent can be recognized by, as operators register it.

use axum::body::Body;
use bailiwick_domain::credential::Algorithm;
use bailiwick_proof::digest;
use bailiwick_proof::message;
use bailiwick_proof::wallet::{self, Generation};
use http::{HeaderMap, Request};
use serde_json::{Value, json};

use crate::world::{Answer, World};

const ADDRESS: &str = "0x7e5f4552091a69125d5dfcb7b8c2659029395bdf";

async fn add(world: &World, body: Value) -> Answer {
    world.operate("POST", "/api/v1/agents/a/credentials", body).await
}

async fn world() -> World {
    let world = World::new().await;
    world.enroll("a").await;
    world
}

#[tokio::test]
async fn each_kind_is_known_by_its_own_name() {
    let world = world().await;
    let issuer = json!({ "url": "https://issuer.test" });
    world.operate("POST", "/api/v1/issuers", issuer).await.ok(201);
    let rule = json!({ "issuer": "https://issuer.test", "equal": { "/sub": "job" } });
    for (body, kind, thumbprint) in [
        (json!({ "wallet": ADDRESS.to_uppercase().replace('X', "x") }), "wallet", ADDRESS),
        (json!({ "spiffe_id": "spiffe://prod.test/job" }), "spiffe", "spiffe://prod.test/job"),
        (
            json!({ "directory": "https://agent.test" }),
            "directory",
            "https://agent.test/.well-known/http-message-signatures-directory",
        ),
        (json!({ "claims": rule }), "claims", ""),
    ] {
        let added = add(&world, body.clone()).await.ok(201);
        assert_eq!(added["kind"], kind);
        if !thumbprint.is_empty() {
            assert_eq!(added["thumbprint"], thumbprint);
        }
        add(&world, body).await.refused(409, "key_registered");
    }
}

#[tokio::test]
async fn what_cannot_be_is_refused_when_it_is_registered() {
    let world = world().await;
    for body in [
        json!({}),
        json!({ "wallet": "0x12" }),
        json!({ "wallet": ADDRESS, "spiffe_id": "spiffe://prod.test/job" }),
        json!({ "kind": "hmac", "wallet": ADDRESS }),
        json!({ "kind": "password" }),
        json!({ "kind": "hmac", "ttl_seconds": 60 }),
        json!({ "kind": "api_key", "ttl_seconds": 7_776_001 }),
        json!({ "kind": "api_key", "ttl_seconds": 0 }),
        json!({ "spiffe_id": "https://prod.test/job" }),
        json!({ "directory": "agent.test" }),
        json!({ "certificate": "-----BEGIN CERTIFICATE-----" }),
        json!({ "claims": { "issuer": "https://stranger.test", "equal": { "/sub": "job" } } }),
        json!({ "claims": { "issuer": "https://stranger.test", "equal": {} } }),
    ] {
        add(&world, body).await.refused(400, "request_malformed");
    }
}

#[tokio::test]
async fn an_api_key_is_shown_once_and_expires_within_ninety_days() {
    let world = world().await;
    let body = json!({ "kind": "api_key", "scopes": "tickets:read" });
    let added = add(&world, body).await.ok(201);
    let secret = added["secret"].as_str().unwrap();
    assert!(secret.starts_with("bwk_") && secret.len() == 53, "{secret}");
    assert_eq!(added["scopes"], "tickets:read");
    assert_eq!(added["expires_at"], "2027-04-15T08:00:00.000Z");
    let id = added["key_id"].as_str().unwrap();
    let shown = world.operate("GET", &format!("/api/v1/credentials/{id}"), Value::Null).await;
    assert!(!String::from_utf8(shown.body).unwrap().contains(secret));
}

#[tokio::test]
async fn an_issuer_is_trusted_until_it_is_not_and_may_be_again() {
    let world = World::new().await;
    let new = json!({ "url": "https://issuer.test", "audience": "https://here.test" });
    let added = world.operate("POST", "/api/v1/issuers", new.clone()).await.ok(201);
    assert_eq!((&added["state"], &added["audience"]), (&"trusted".into(), &new["audience"]));
    let again = world.operate("POST", "/api/v1/issuers", new.clone()).await;
    again.refused(409, "state_impossible");
    let path = format!("/api/v1/issuers/{}", added["id"].as_str().unwrap());
    for _ in 0..2 {
        let ended = world.operate("DELETE", &path, Value::Null).await.ok(200);
        assert_eq!(ended["state"], "ended");
    }
    let listed = world.operate("GET", "/api/v1/issuers", Value::Null).await.ok(200);
    assert_eq!(listed["issuers"][0]["state"], "ended");
    let trusted = world.operate("POST", "/api/v1/issuers", new).await.ok(201);
    assert_eq!((&trusted["state"], &trusted["id"]), (&"trusted".into(), &added["id"]));
    for url in ["issuer.test", "http://127.0.0.1:8701"] {
        let refused = world.operate("POST", "/api/v1/issuers", json!({ "url": url })).await;
        refused.refused(400, "request_malformed");
    }
    let missing = "/api/v1/issuers/iss_00000000000000000000000000";
    world.operate("DELETE", missing, Value::Null).await.refused(404, "not_found");
}

#[tokio::test]
async fn an_account_registers_itself_by_its_own_signature() {
    let world = World::new().await;
    let invite = json!({ "uses": 2, "ttl_seconds": 60, "scopes": ["tickets:read"] });
    let code = world.operate("POST", "/api/v1/invites", invite).await.ok(201);
    let (key, other) =
        (world.key(Algorithm::Eip191Secp256k1), world.key(Algorithm::Eip191Secp256k1));
    let body = json!({
        "inviteCode": code["invite_code"], "name": "trader", "owner": "desk",
        "purpose": "trades", "walletAddress": key.thumbprint(),
    });
    let request = |signer: &bailiwick_proof::keys::SigningKey, method, path, body: &[u8]| {
        let mut headers = HeaderMap::new();
        if !body.is_empty() {
            headers.insert("content-type", "application/json".parse().unwrap());
            headers.insert("content-digest", digest::header_value(body).parse().unwrap());
        }
        let signed = message::Request {
            method,
            scheme: "http",
            authority: "127.0.0.1:8701",
            path,
            query: None,
            headers: &headers,
        };
        let nonce: [u8; 16] = world.entropy.bytes();
        let signing = wallet::Signing {
            generation: Generation::Two,
            chain: 1,
            created: bailiwick_domain::time::Timestamp::from_seconds(world.now()),
            expires: bailiwick_domain::time::Timestamp::from_seconds(world.now() + 60),
            nonce: &format!("{:032x}", u128::from_be_bytes(nonce)),
        };
        let signed = wallet::sign(&signed, signer, &signing).unwrap();
        headers.insert("signature-input", signed.signature_input.parse().unwrap());
        headers.insert("signature", signed.signature.parse().unwrap());
        let mut built = Request::builder().method(method).uri(path);
        built.headers_mut().unwrap().extend(headers);
        built.body(Body::from(body.to_vec())).unwrap()
    };
    let text = body.to_string();
    let path = "/api/agents/register";
    let stolen = world.send(request(&other, "POST", path, text.as_bytes())).await;
    stolen.refused(401, "credential_unknown");
    world.send(request(&key, "POST", path, text.as_bytes())).await.ok(201);
    let me = world.send(request(&key, "GET", "/api/agents/me", b"")).await.ok(200);
    assert_eq!((&me["name"], &me["status"]), (&"trader".into(), &"active".into()));
}
