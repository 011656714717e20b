//! `/api/agents/keys`: an agent changes its key by itself.

use bailiwick_domain::credential::Algorithm;
use bailiwick_domain::time::Timestamp;
use bailiwick_proof::dpop::{self, Signing};
use bailiwick_proof::keys::SigningKey;
use http::HeaderValue;
use serde_json::{Value, json};

use crate::world::{Answer, Draft, Enrolled, ISSUER, World};

const KEYS: &str = "/api/agents/keys";
const ME: &str = "/api/agents/me";

/// A key of an agent, by its id.
struct Held {
    id: String,
    key: SigningKey,
}

fn jwk(key: &SigningKey) -> Value {
    serde_json::from_str(&key.public().unwrap().to_jwk()).unwrap()
}

fn first(agent: &Enrolled) -> (&str, &SigningKey) {
    (&agent.key_id, &agent.key)
}

fn asking(world: &World, keyid: &str, next: &SigningKey) -> Draft {
    let body = json!({ "jwk": jwk(next) }).to_string();
    world.draft("POST", KEYS, keyid).with_body("application/json", &body)
}

/// Sends it with a proof by that key, and this nonce of the server's.
async fn send(
    world: &World,
    (draft, by): (&Draft, &SigningKey),
    prover: &SigningKey,
    nonce: Option<&str>,
) -> Answer {
    let (url, jti) = (format!("{ISSUER}{KEYS}"), draft.nonce.as_str());
    let now = Timestamp::from_seconds(world.now());
    let signing = Signing { method: "POST", url: &url, token: None, nonce, jti, now };
    let proof = dpop::sign(prover, &signing).unwrap();
    let mut request = draft.sign(by);
    request.headers_mut().insert("dpop", HeaderValue::from_str(&proof).unwrap());
    world.send(request).await
}

/// The same, with the nonce that the server asks for.
async fn ask(
    world: &World,
    (keyid, by): (&str, &SigningKey),
    next: &SigningKey,
    prover: &SigningKey,
) -> Answer {
    let told = send(world, (&asking(world, keyid, next), by), prover, None).await;
    let Some(nonce) = told.headers.get("dpop-nonce") else { return told };
    assert_eq!(told.code(), "use_dpop_nonce");
    let nonce = nonce.to_str().unwrap();
    send(world, (&asking(world, keyid, next), by), prover, Some(nonce)).await
}

async fn turn(world: &World, by: (&str, &SigningKey)) -> Held {
    let key = world.key(Algorithm::Ed25519);
    let added = ask(world, by, &key, &key).await.ok(201);
    assert_eq!(added["registered_by"], by.0);
    Held { id: added["key_id"].as_str().unwrap().to_owned(), key }
}

async fn revoke(world: &World, (keyid, by): (&str, &SigningKey), key: &str) -> Answer {
    world.send(world.draft("DELETE", &format!("{KEYS}/{key}"), keyid).sign(by)).await
}

async fn me(world: &World, (keyid, key): (&str, &SigningKey)) -> Answer {
    world.send(world.draft("GET", ME, keyid).sign(key)).await
}

#[tokio::test]
async fn an_agent_registers_its_next_key_and_revokes_the_one_before() {
    let world = World::new().await;
    let agent = world.enroll("a").await;
    let next = world.key(Algorithm::EcdsaP256Sha256);
    let added = ask(&world, first(&agent), &next, &next).await;
    let location = added.headers["location"].to_str().unwrap().to_owned();
    let added = added.ok(201);
    let id = added["key_id"].as_str().unwrap();
    assert_eq!(location, format!("{KEYS}/{id}"));
    assert_eq!(
        (&added["agent"], &added["thumbprint"]),
        (&json!(agent.id), &json!(next.thumbprint()))
    );
    assert_eq!(
        (&added["state"], &added["registered_by"]),
        (&json!("active"), &json!(agent.key_id))
    );
    assert_eq!(me(&world, (id, &next)).await.ok(200)["key_id"], id);
    for _ in 0..2 {
        assert_eq!(revoke(&world, (id, &next), &agent.key_id).await.status, 204);
    }
    me(&world, first(&agent)).await.refused(401, "credential_revoked");
    me(&world, (id, &next)).await.ok(200);
    let listed = world.operate("GET", "/api/v1/credentials?agent=a", Value::Null).await.ok(200);
    let states = listed["credentials"].as_array().unwrap().iter();
    let states: Vec<_> = states.map(|key| (&key["registered_by"], &key["state"])).collect();
    let (gone, there) = (json!("revoked"), json!("active"));
    assert_eq!(states, [(&Value::Null, &gone), (&json!(agent.key_id), &there)]);
}

#[tokio::test]
async fn a_key_is_registered_only_by_whoever_holds_it_and_a_key_of_the_agents() {
    let world = World::new().await;
    let (agent, other) = (world.enroll("a").await, world.enroll("b").await);
    let (next, thief) = (world.key(Algorithm::Ed25519), world.key(Algorithm::Ed25519));
    let unproven = asking(&world, &agent.key_id, &next).sign(&agent.key);
    world.send(unproven).await.refused(400, "request_malformed");
    ask(&world, first(&agent), &next, &thief).await.refused(400, "request_malformed");
    ask(&world, (next.thumbprint(), &next), &next, &next).await.refused(401, "credential_unknown");
    ask(&world, (&agent.key_id, &other.key), &next, &next).await.refused(401, "signature_invalid");
    let draft = asking(&world, &agent.key_id, &next);
    let told = send(&world, (&draft, &agent.key), &next, None).await;
    assert_eq!(told.code(), "use_dpop_nonce");
    send(&world, (&draft, &agent.key), &next, None).await.refused(401, "nonce_replayed");
    // The body is what was signed for.
    let mut swapped = asking(&world, &agent.key_id, &next).sign(&agent.key);
    *swapped.body_mut() = json!({ "jwk": jwk(&thief) }).to_string().into();
    world.send(swapped).await.refused(401, "digest_mismatch");
    // Nobody learns whose a key is.
    for known in [&agent.key, &other.key] {
        let answer = ask(&world, first(&agent), known, known).await;
        let text = String::from_utf8_lossy(&answer.body).into_owned();
        assert!(!text.contains(&other.id) && !text.contains(&other.key_id), "{text}");
        answer.refused(409, "identity_taken");
    }
    assert_eq!(me(&world, (next.thumbprint(), &next)).await.code(), "credential_unknown");
}

#[tokio::test]
async fn only_a_key_of_the_agents_own_registers_another_while_the_agent_may_act() {
    let world = World::new().await;
    let agent = world.enroll("a").await;
    let path = "/api/v1/agents/a/credentials";
    let added = world.operate("POST", path, json!({ "kind": "hmac" })).await.ok(201);
    let secret = json!({ "kty": "oct", "k": added["secret"] }).to_string();
    let secret = SigningKey::from_jwk(&secret).unwrap();
    let weak = (added["key_id"].as_str().unwrap(), &secret);
    let next = world.key(Algorithm::Ed25519);
    ask(&world, weak, &next, &next).await.refused(401, "proof_too_weak");
    revoke(&world, weak, &agent.key_id).await.refused(401, "proof_too_weak");
    for (verb, code) in [("suspend", "agent_suspended"), ("retire", "agent_retired")] {
        world.operate("POST", &format!("/api/v1/agents/a/{verb}"), Value::Null).await.ok(200);
        ask(&world, first(&agent), &next, &next).await.refused(403, code);
        revoke(&world, first(&agent), weak.0).await.refused(403, code);
    }
    me(&world, (next.thumbprint(), &next)).await.refused(401, "credential_unknown");
}

#[tokio::test]
async fn what_was_registered_with_a_stolen_key_ends_with_it() {
    let world = World::new().await;
    let agent = world.enroll("a").await;
    let spare = world.key(Algorithm::Ed25519);
    let spare = Held { id: world.add_key(&agent.id, &spare).await, key: spare };
    let second = turn(&world, first(&agent)).await;
    let third = turn(&world, (&second.id, &second.key)).await;
    // The thief hides where it came from.
    for above in [&agent.key_id, &second.id] {
        assert_eq!(revoke(&world, (&third.id, &third.key), above).await.status, 204);
    }
    let path = format!("/api/v1/credentials/{}", agent.key_id);
    world.operate("DELETE", &format!("{path}?alone=true"), Value::Null).await.ok(200);
    me(&world, (&third.id, &third.key)).await.ok(200);
    world.operate("DELETE", &path, Value::Null).await.ok(200);
    me(&world, (&third.id, &third.key)).await.refused(401, "credential_revoked");
    me(&world, (&spare.id, &spare.key)).await.ok(200);
}

#[tokio::test]
async fn a_key_revokes_those_of_its_own_line_and_never_itself() {
    let world = World::new().await;
    let (agent, other) = (world.enroll("a").await, world.enroll("b").await);
    let spare = world.key(Algorithm::Ed25519);
    let spare_id = world.add_key(&agent.id, &spare).await;
    let second = turn(&world, first(&agent)).await;
    let beside = turn(&world, first(&agent)).await;
    let by = (second.id.as_str(), &second.key);
    for kept in [&second.id, &spare_id, &beside.id] {
        revoke(&world, by, kept).await.refused(409, "key_kept");
    }
    for unknown in [&other.key_id, &"x".to_owned(), &agent.id] {
        revoke(&world, by, unknown).await.refused(404, "not_found");
    }
    assert_eq!(revoke(&world, first(&agent), &second.id).await.status, 204);
    revoke(&world, by, &agent.key_id).await.refused(401, "credential_revoked");
    for held in [first(&agent), (&spare_id, &spare), (&beside.id, &beside.key), first(&other)] {
        me(&world, held).await.ok(200);
    }
}

#[tokio::test]
async fn an_agent_registers_four_keys_at_a_time_and_ten_an_hour() {
    let world = World::new().await;
    let agent = world.enroll("a").await;
    for _ in 0..4 {
        turn(&world, first(&agent)).await;
    }
    let next = world.key(Algorithm::Ed25519);
    ask(&world, first(&agent), &next, &next).await.refused(409, "keys_too_many");
    // An operator's place is not taken.
    world.add_key(&agent.id, &world.key(Algorithm::Ed25519)).await;
    for _ in 5..10 {
        ask(&world, first(&agent), &next, &next).await.refused(409, "keys_too_many");
    }
    ask(&world, first(&agent), &next, &next).await.refused(429, "rate_limited");
    let other = world.enroll("b").await;
    turn(&world, first(&other)).await;
}

#[tokio::test]
async fn a_key_is_used_from_where_the_one_is_used_that_it_was_registered_with() {
    let world = World::new().await;
    let agent = world.enroll("a").await;
    let path = format!("/api/v1/credentials/{}", agent.key_id);
    let networks = json!({ "networks": ["10.0.0.0/8"] });
    world.operate("PATCH", &path, networks.clone()).await.ok(200);
    let second = turn(&world, first(&agent)).await;
    let path = format!("/api/v1/credentials/{}", second.id);
    let shown = world.operate("GET", &path, Value::Null).await.ok(200);
    assert_eq!(shown["networks"], networks["networks"]);
}
