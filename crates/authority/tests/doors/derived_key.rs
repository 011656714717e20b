//! `/oauth/derived-key`.

use bailiwick_domain::credential::Algorithm;
use bailiwick_proof::derived::DerivedKeyId;
use bailiwick_vault::hpke::{Recipient, Sealed};
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use crate::world::{Answer, Enrolled, World};

async fn ask(world: &World, agent: &Enrolled, body: &Value) -> Answer {
    let draft = world.draft("POST", "/oauth/derived-key", &agent.key_id);
    let draft = draft.with_body("application/json", &body.to_string());
    world.send(draft.sign(&agent.key)).await
}

fn decode(value: &Value) -> Vec<u8> {
    BASE64_URL_SAFE_NO_PAD.decode(value.as_str().unwrap()).unwrap()
}

#[tokio::test]
async fn a_derived_key_is_sealed_to_the_caller_and_names_where_it_comes_from() {
    let world = World::new().await;
    let agent = world.enroll("a").await;
    let recipient = Recipient::generate(&world.entropy).unwrap();
    let public_key = BASE64_URL_SAFE_NO_PAD.encode(recipient.public());
    let body = json!({ "public_key": public_key, "ttl_seconds": 600 });
    let answer = ask(&world, &agent, &body).await.ok(200);
    let name = answer["key_id"].as_str().unwrap();
    let id: DerivedKeyId = name.parse().unwrap();
    assert_eq!((id.key().to_string(), id.agent().to_string()), (agent.key_id, agent.id));
    assert_eq!(id.expires_at().as_seconds(), world.now() + 600);
    let enc = decode(&answer["enc"]).try_into().unwrap();
    let sealed = Sealed { enc, ciphertext: decode(&answer["ciphertext"]) };
    let info = b"bailiwick derived key 1";
    let secret = recipient.open(&sealed, info, name.as_bytes()).unwrap();
    assert_eq!(secret.len(), 32);
    assert!(recipient.open(&sealed, info, b"drv_another").is_err());
    let other = Recipient::generate(&world.entropy).unwrap();
    assert!(other.open(&sealed, info, name.as_bytes()).is_err());
}

#[tokio::test]
async fn only_the_agents_own_key_buys_one_and_for_an_hour_at_most() {
    let world = World::new().await;
    let agent = world.enroll("a").await;
    let public_key = BASE64_URL_SAFE_NO_PAD.encode([9; 32]);
    for body in [
        json!({ "public_key": public_key, "ttl_seconds": 3_601 }),
        json!({ "public_key": public_key, "ttl_seconds": 0 }),
        json!({ "public_key": "AAAA" }),
        json!({ "public_key": BASE64_URL_SAFE_NO_PAD.encode([0; 32]) }),
    ] {
        ask(&world, &agent, &body).await.refused(400, "request_malformed");
    }
    let path = "/api/v1/agents/a/credentials";
    let added = world.operate("POST", path, json!({ "kind": "hmac" })).await.ok(201);
    let k = added["secret"].as_str().unwrap();
    let jwk = json!({ "kty": "oct", "alg": "HS256", "k": k }).to_string();
    let shared = Enrolled {
        id: agent.id.clone(),
        key_id: added["key_id"].as_str().unwrap().to_owned(),
        key: bailiwick_proof::keys::SigningKey::from_jwk(&jwk).unwrap(),
    };
    let body = json!({ "public_key": public_key });
    ask(&world, &shared, &body).await.refused(401, "proof_too_weak");
    let stranger = Enrolled { key: world.key(Algorithm::Ed25519), ..agent };
    ask(&world, &stranger, &body).await.refused(401, "signature_invalid");
    world.operate("POST", "/api/v1/agents/a/suspend", Value::Null).await.ok(200);
    ask(&world, &shared, &body).await.refused(401, "proof_too_weak");
}

#[tokio::test]
async fn a_key_for_a_task_names_it_lives_no_longer_and_is_had_for_open_tasks_of_ones_own() {
    let world = World::new().await;
    let (agent, other) = (world.enroll("a").await, world.enroll("b").await);
    let new = json!({ "agent": "a", "purpose": "x", "ttl_seconds": 300 });
    let opened = world.operate("POST", "/api/v1/tasks", new).await.ok(201);
    let task = opened["task_id"].as_str().unwrap();
    let public_key = BASE64_URL_SAFE_NO_PAD.encode([9; 32]);
    let body = json!({ "public_key": public_key, "task": task });
    let answer = ask(&world, &agent, &body).await.ok(200);
    let id: DerivedKeyId = answer["key_id"].as_str().unwrap().parse().unwrap();
    assert!(id.under().is_some());
    assert_eq!(id.expires_at().as_seconds(), world.now() + 300);
    ask(&world, &other, &body).await.refused(404, "not_found");
    let nonsense = json!({ "public_key": public_key, "task": "tsk_1" });
    ask(&world, &agent, &nonsense).await.refused(404, "not_found");
    world.operate("DELETE", &format!("/api/v1/tasks/{task}"), Value::Null).await.ok(200);
    ask(&world, &agent, &body).await.refused(404, "not_found");
}
