//! `/api/agents/me`, and with it every way in which a signature proves nobody.

use axum::body::Body;
use bailiwick_domain::credential::Algorithm;
use bailiwick_proof::keys::SigningKey;
use http::Request;
use serde_json::{Value, json};

use crate::world::{Draft, Enrolled, World};

const ME: &str = "/api/agents/me";

async fn ask(world: &World, draft: &Draft, key: &SigningKey) -> crate::world::Answer {
    world.send(draft.sign(key)).await
}

#[tokio::test]
async fn an_agent_learns_what_is_known_of_it_whatever_its_state() {
    let world = World::new().await;
    let agent = world.enroll("a").await;
    for (verb, status) in
        [(None, "active"), (Some("suspend"), "suspended"), (Some("retire"), "retired")]
    {
        if let Some(verb) = verb {
            let path = format!("/api/v1/agents/a/{verb}");
            world.operate("POST", &path, Value::Null).await.ok(200);
        }
        for keyid in [agent.key_id.as_str(), agent.key.thumbprint()] {
            let me = ask(&world, &world.draft("GET", ME, keyid), &agent.key).await.ok(200);
            assert_eq!(me["agent_id"], agent.id);
            assert_eq!(me["key_id"], agent.key_id);
            assert_eq!((&me["status"], &me["agent"]["state"]), (&json!(status), &json!(status)));
            assert_eq!(me["subject"], "spiffe://acme.example/default/a");
            assert_eq!(me["issuer"], "http://127.0.0.1:8701");
            assert_eq!(me["gateway"], "http://127.0.0.1:8700");
            assert_eq!(me["agent"]["limit"], "90/h");
        }
    }
}

#[tokio::test]
async fn a_shared_secret_and_a_p256_key_prove_as_well() {
    let world = World::new().await;
    let agent = world.enroll("a").await;
    let p256 = world.key(Algorithm::EcdsaP256Sha256);
    let key_id = world.add_key(&agent.id, &p256).await;
    ask(&world, &world.draft("GET", ME, &key_id), &p256).await.ok(200);
    let path = "/api/v1/agents/a/credentials";
    let added = world.operate("POST", path, json!({ "kind": "hmac" })).await.ok(201);
    let jwk = json!({ "kty": "oct", "k": added["secret"] }).to_string();
    let secret = SigningKey::from_jwk(&jwk).unwrap();
    let key_id = added["key_id"].as_str().unwrap();
    ask(&world, &world.draft("GET", ME, key_id), &secret).await.ok(200);
    ask(&world, &world.draft("GET", ME, key_id), &p256).await.refused(401, "signature_invalid");
}

#[tokio::test]
async fn a_signature_proves_nothing_when_anything_about_it_is_wrong() {
    let world = World::new().await;
    let agent = world.enroll("a").await;
    let now = world.now();
    let check = async |change: &dyn Fn(&mut Draft), status: u16, code: &str| {
        let mut draft = world.draft("GET", ME, &agent.key_id);
        change(&mut draft);
        ask(&world, &draft, &agent.key).await.refused(status, code);
    };
    check(&|it| it.created = now + 6, 401, "signature_not_yet_valid").await;
    check(&|it| it.expires = now + 61, 401, "signature_window").await;
    check(&|it| (it.created, it.expires) = (now - 30, now - 6), 401, "signature_expired").await;
    check(&|it| it.nonce = "short".into(), 401, "nonce_missing").await;
    check(&|it| it.nonce = "n".repeat(129), 401, "nonce_missing").await;
    check(&|it| it.host = "api.acme.test", 401, "signature_invalid").await;
    check(&|it| it.components = vec!["@method", "@path"], 401, "signature_coverage").await;
    check(&|it| it.components = vec!["@target-uri"], 401, "signature_coverage").await;
    check(&|it| it.keyid = "key_00000000000000000000000000".into(), 401, "credential_unknown")
        .await;
    check(&|it| it.keyid = "a".into(), 401, "credential_unknown").await;
}

#[tokio::test]
async fn a_signature_is_good_for_one_request_by_its_own_key() {
    let world = World::new().await;
    let (agent, other) = (world.enroll("a").await, world.enroll("b").await);
    let draft = world.draft("GET", ME, &agent.key_id);
    ask(&world, &draft, &other.key).await.refused(401, "signature_invalid");
    ask(&world, &draft, &agent.key).await.ok(200);
    ask(&world, &draft, &agent.key).await.refused(401, "nonce_replayed");
    world.pass(30);
    ask(&world, &draft, &agent.key).await.refused(401, "nonce_replayed");
    let mut moved = draft.sign(&agent.key);
    *moved.uri_mut() = "/api/agents/me?x=1".parse().unwrap();
    world.send(moved).await.refused(401, "signature_coverage");
}

#[tokio::test]
async fn a_revoked_key_proves_nothing_from_the_next_request_on() {
    let world = World::new().await;
    let Enrolled { key_id, key, .. } = world.enroll("a").await;
    ask(&world, &world.draft("GET", ME, &key_id), &key).await.ok(200);
    let path = format!("/api/v1/credentials/{key_id}");
    world.operate("DELETE", &path, Value::Null).await.ok(200);
    let answer = ask(&world, &world.draft("GET", ME, &key_id), &key).await;
    answer.refused(401, "credential_revoked");
}

#[tokio::test]
async fn there_is_one_way_of_identifying_at_a_time() {
    let world = World::new().await;
    let agent = world.enroll("a").await;
    let mut both = world.draft("GET", ME, &agent.key_id).sign(&agent.key);
    both.headers_mut().insert("authorization", "Bearer x".parse().unwrap());
    world.send(both).await.refused(400, "credential_conflict");
    let mut half = world.draft("GET", ME, &agent.key_id).sign(&agent.key);
    half.headers_mut().remove("signature");
    world.send(half).await.refused(400, "credential_malformed");
    let mut garbled = world.draft("GET", ME, &agent.key_id).sign(&agent.key);
    garbled.headers_mut().insert("signature-input", "sig1=(".parse().unwrap());
    world.send(garbled).await.refused(400, "credential_malformed");
    let bearer = Request::get(ME).header("authorization", format!("Bearer {}", world.operator));
    let answer = world.send(bearer.body(Body::empty()).unwrap()).await;
    answer.refused(401, "credential_missing");
    assert!(answer.headers.contains_key("accept-signature"));
}
