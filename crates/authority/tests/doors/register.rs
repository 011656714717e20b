//! `/api/agents/register`.

use bailiwick_domain::credential::Algorithm;
use bailiwick_proof::keys::SigningKey;
use serde_json::{Value, json};

use crate::world::{Answer, Draft, World};

const REGISTER: &str = "/api/agents/register";

async fn invite(world: &World, uses: u32) -> String {
    let body = json!({ "uses": uses, "ttl_seconds": 60, "scopes": ["tickets:read"] });
    let made = world.operate("POST", "/api/v1/invites", body).await.ok(201);
    made["invite_code"].as_str().unwrap().to_owned()
}

fn body(code: &str, name: &str, key: &SigningKey) -> Value {
    let jwk: Value = serde_json::from_str(&key.public().unwrap().to_jwk()).unwrap();
    json!({
        "inviteCode": code,
        "name": name,
        "owner": "support",
        "purpose": "summaries",
        "jwk": jwk,
    })
}

fn draft(world: &World, key: &SigningKey, body: &Value) -> Draft {
    let draft = world.draft("POST", REGISTER, key.thumbprint());
    draft.with_body("application/json", &body.to_string())
}

async fn register(world: &World, code: &str, name: &str, key: &SigningKey) -> Answer {
    world.send(draft(world, key, &body(code, name, key)).sign(key)).await
}

#[tokio::test]
async fn an_invited_agent_registers_itself_with_the_ceiling_of_the_invite() {
    let world = World::new().await;
    let code = invite(&world, 1).await;
    for (algorithm, name, expected) in
        [(Algorithm::Ed25519, "a", 201), (Algorithm::EcdsaP256Sha256, "b", 403)]
    {
        let key = world.key(algorithm);
        let answer = register(&world, &code, name, &key).await;
        assert_eq!(answer.status.as_u16(), expected);
    }
    let agent = world.operate("GET", "/api/v1/agents/a", Value::Null).await.ok(200);
    assert_eq!(agent["scopes"], json!(["tickets:read"]));
    assert_eq!((&agent["kind"], &agent["state"]), (&json!("autonomous"), &json!("active")));
}

#[tokio::test]
async fn the_answer_is_all_that_the_agent_needs_to_go_on() {
    let world = World::new().await;
    let (code, key) = (invite(&world, 1).await, world.key(Algorithm::Ed25519));
    let registered = register(&world, &code, "a", &key).await.ok(201);
    let expected = json!({
        "agent_id": registered["agent_id"],
        "name": "a",
        "subject": "spiffe://acme.example/default/a",
        "key_id": registered["key_id"],
        "status": "active",
        "gateway": "http://127.0.0.1:8700",
        "issuer": "http://127.0.0.1:8701",
    });
    assert_eq!(registered, expected);
    let key_id = registered["key_id"].as_str().unwrap();
    world.send(world.draft("GET", "/api/agents/me", key_id).sign(&key)).await.ok(200);
}

#[tokio::test]
async fn what_is_no_invite_is_refused_alike_and_why_one_cannot_be_used_is_told_its_holder() {
    let world = World::new().await;
    let used = invite(&world, 1).await;
    register(&world, &used, "first", &world.key(Algorithm::Ed25519)).await.ok(201);
    let revoked = invite(&world, 1).await;
    let listed = world.operate("GET", "/api/v1/invites", Value::Null).await.ok(200);
    let last = listed["invites"].as_array().unwrap().iter().find(|it| it["uses_left"] == 1);
    let path = format!("/api/v1/invites/{}", last.unwrap()["id"].as_str().unwrap());
    world.operate("DELETE", &path, Value::Null).await.ok(200);
    let refused = async |code: &str| {
        // A taken name is told to nobody without a usable invite.
        let answer = register(&world, code, "first", &world.key(Algorithm::Ed25519)).await;
        answer.refused(403, "invite_unusable");
        let mut body = answer.json();
        body.as_object_mut().unwrap().remove("request_id");
        body
    };
    let told = async |code: &str, why: &str| {
        let told = refused(code).await;
        assert_eq!(told["detail"], why);
        assert!(told["hint"].as_str().unwrap().starts_with("ask an operator for a new invite"));
    };
    told(&used, "the invite has been used up").await;
    told(&revoked, "the invite was revoked").await;
    let expired = invite(&world, 1).await;
    world.pass(60);
    told(&expired, "the invite has expired").await;
    let fresh = invite(&world, 1).await;
    let mistyped = format!("{}x", &fresh[..fresh.len() - 1]);
    let never_made = "bwi_".to_owned() + &"0".repeat(43) + "000000";
    let unknown = refused(&never_made).await;
    assert_eq!(unknown["detail"], Value::Null);
    for code in [&mistyped, "", "bwi_"] {
        assert_eq!(refused(code).await, unknown);
    }
    register(&world, &fresh, "second", &world.key(Algorithm::Ed25519)).await.ok(201);
}

#[tokio::test]
async fn a_taken_name_or_key_costs_no_use_and_names_nobody() {
    let world = World::new().await;
    let known = world.enroll("a").await;
    let code = invite(&world, 1).await;
    let name = register(&world, &code, "a", &world.key(Algorithm::Ed25519)).await;
    let key = register(&world, &code, "b", &known.key).await;
    for answer in [&name, &key] {
        assert!(!String::from_utf8_lossy(&answer.body).contains(&known.id));
        assert!(!String::from_utf8_lossy(&answer.body).contains(&known.key_id));
        answer.refused(409, "identity_taken");
    }
    let not_there = world.operate("GET", "/api/v1/agents/b", Value::Null).await;
    not_there.refused(404, "not_found");
    register(&world, &code, "b", &world.key(Algorithm::Ed25519)).await.ok(201);
}

#[tokio::test]
async fn a_closed_project_takes_nobody_with_an_invite_from_before() {
    let world = World::new().await;
    let code = invite(&world, 1).await;
    let policy = async |registration: &str| {
        let change = json!({ "registration": registration });
        world.operate("PATCH", "/api/v1/projects/default", change).await.ok(200);
    };
    policy("closed").await;
    let key = world.key(Algorithm::Ed25519);
    register(&world, &code, "a", &key).await.refused(403, "invite_unusable");
    for (registration, name) in [("ask", "b"), ("open", "c"), ("invite", "d")] {
        policy(registration).await;
        let code = invite(&world, 1).await;
        let key = world.key(Algorithm::Ed25519);
        assert_eq!(register(&world, &code, name, &key).await.ok(201)["status"], "active");
    }
}

#[tokio::test]
async fn a_copy_of_a_refused_registration_is_good_for_nothing() {
    let world = World::new().await;
    world.enroll("a").await;
    let (code, key) = (invite(&world, 1).await, world.key(Algorithm::Ed25519));
    let captured = draft(&world, &key, &body(&code, "a", &key));
    world.send(captured.sign(&key)).await.refused(409, "identity_taken");
    world.send(captured.sign(&key)).await.refused(401, "nonce_replayed");
    register(&world, &code, "b", &key).await.ok(201);
}

#[tokio::test]
async fn a_key_is_registered_only_by_whoever_holds_it() {
    let world = World::new().await;
    let (code, key, thief) =
        (invite(&world, 1).await, world.key(Algorithm::Ed25519), world.key(Algorithm::Ed25519));
    let good = body(&code, "a", &key);
    let check = async |draft: Draft, signer: &SigningKey, status: u16, code: &str| {
        world.send(draft.sign(signer)).await.refused(status, code);
    };
    let fresh = || draft(&world, &key, &good);
    check(fresh(), &thief, 401, "signature_invalid").await;
    let by_own_name = Draft { keyid: thief.thumbprint().to_owned(), ..fresh() };
    check(by_own_name, &thief, 401, "credential_unknown").await;
    let uncovered = vec!["@method", "@authority", "@path"];
    check(Draft { components: uncovered, ..fresh() }, &key, 401, "signature_coverage").await;
    check(Draft { host: "evil.test", ..fresh() }, &key, 401, "signature_invalid").await;
    check(Draft { nonce: "short".into(), ..fresh() }, &key, 401, "nonce_missing").await;
    check(Draft { expires: world.now() + 90, ..fresh() }, &key, 401, "signature_window").await;

    let mut tampered = fresh().sign(&key);
    *tampered.body_mut() = body(&code, "b", &key).to_string().into();
    world.send(tampered).await.refused(401, "digest_mismatch");
    let mut unsigned = fresh().sign(&key);
    unsigned.headers_mut().remove("signature");
    unsigned.headers_mut().remove("signature-input");
    world.send(unsigned).await.refused(401, "credential_missing");
    register(&world, &code, "a", &key).await.ok(201);
}

#[tokio::test]
async fn what_is_not_a_registration_is_refused() {
    let world = World::new().await;
    let (code, key) = (invite(&world, 1).await, world.key(Algorithm::Ed25519));
    let good = body(&code, "a", &key);
    for (field, value) in [
        ("name", json!("A")),
        ("owner", json!("")),
        ("owner", Value::Null),
        ("purpose", json!("x".repeat(1_001))),
        ("kind", json!("robot")),
        ("jwk", serde_json::from_str(&key.to_jwk()).unwrap()),
        ("jwk", json!({})),
        ("scopes", json!(["*"])),
        ("project", json!("other")),
        ("projectId", json!("default")),
        ("walletAddress", json!("0x0000000000000000000000000000000000000001")),
        ("state", json!("active")),
    ] {
        let mut body = good.clone();
        body[field] = value;
        let answer = world.send(draft(&world, &key, &body).sign(&key)).await;
        answer.refused(400, "request_malformed");
    }
    let text = draft(&world, &key, &good).with_body("text/plain", &good.to_string());
    world.send(text.sign(&key)).await.refused(400, "request_malformed");
    let long = draft(&world, &key, &good).with_body("application/json", &"x".repeat(65_536));
    world.send(long.sign(&key)).await.refused(413, "body_too_large");
}

#[tokio::test]
async fn uses_are_counted_exactly_however_many_come_at_once() {
    let world = World::new().await;
    let code = invite(&world, 3).await;
    let keys: Vec<SigningKey> = (0..8).map(|_| world.key(Algorithm::Ed25519)).collect();
    let names: Vec<String> = (0..8).map(|place| format!("agent-{place}")).collect();
    let mut running = tokio::task::JoinSet::new();
    for (name, key) in names.iter().zip(&keys) {
        let request = draft(&world, key, &body(&code, name, key)).sign(key);
        running.spawn(world.sending(request));
    }
    let answers = running.join_all().await;
    assert_eq!(answers.iter().filter(|status| status.as_u16() == 201).count(), 3);
    assert_eq!(answers.iter().filter(|status| status.as_u16() == 403).count(), 5);
}
