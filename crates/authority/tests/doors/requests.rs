//! `/api/agents/request-access`, and what operators make of it.

use bailiwick_domain::credential::Algorithm;
use bailiwick_proof::keys::SigningKey;
use serde_json::{Value, json};

use crate::world::{Answer, Draft, World};

const REQUEST: &str = "/api/agents/request-access";
const ME: &str = "/api/agents/me";
const WEEK: i64 = 7 * 86_400;

fn draft(world: &World, project: &str, name: &str, key: &SigningKey) -> Draft {
    let jwk: Value = serde_json::from_str(&key.public().unwrap().to_jwk()).unwrap();
    let body = json!({
        "projectId": project,
        "name": name,
        "owner": "support",
        "purpose": "summaries",
        "jwk": jwk,
    });
    let draft = world.draft("POST", REQUEST, key.thumbprint());
    draft.with_body("application/json", &body.to_string())
}

async fn request(world: &World, project: &str, name: &str, key: &SigningKey) -> Answer {
    world.send(draft(world, project, name, key).sign(key)).await
}

async fn me(world: &World, key: &SigningKey) -> Value {
    world.send(world.draft("GET", ME, key.thumbprint()).sign(key)).await.ok(200)
}

async fn token(world: &World, key: &SigningKey) -> Answer {
    let form = "grant_type=client_credentials";
    let draft = world.draft("POST", "/oauth/token", key.thumbprint());
    world.send(draft.with_body("application/x-www-form-urlencoded", form).sign(key)).await
}

async fn act(world: &World, agent: &str, verb: &str, body: Value) -> Answer {
    let path = format!("/api/v1/agents/{agent}/{verb}?project=p");
    world.operate("POST", &path, body).await
}

#[tokio::test]
async fn an_open_project_takes_anyone_within_its_ceiling() {
    let world = World::new().await;
    let project = world.add_project("p", "open").await;
    for (named, name) in [("p", "a"), (project["id"].as_str().unwrap(), "b")] {
        let key = world.key(Algorithm::Ed25519);
        let taken = request(&world, named, name, &key).await.ok(201);
        let expected = json!({
            "agent_id": taken["agent_id"],
            "name": name,
            "subject": format!("spiffe://acme.example/p/{name}"),
            "key_id": taken["key_id"],
            "status": "active",
            "gateway": "http://127.0.0.1:8700",
            "issuer": "http://127.0.0.1:8701",
        });
        assert_eq!(taken, expected);
        assert_eq!(me(&world, &key).await["agent"]["scopes"], json!(["tickets:read"]));
        assert_eq!(token(&world, &key).await.ok(200)["scope"], "tickets:read");
    }
}

#[tokio::test]
async fn whoever_asks_waits_without_any_right_until_an_operator_approves() {
    let world = World::new().await;
    world.add_project("p", "ask").await;
    let key = world.key(Algorithm::Ed25519);
    assert_eq!(request(&world, "p", "a", &key).await.ok(202)["status"], "pending");
    let waiting = me(&world, &key).await;
    assert_eq!((&waiting["status"], &waiting["agent"]["scopes"]), (&json!("pending"), &json!([])));
    token(&world, &key).await.refused(400, "agent_pending");
    let listed = world.operate("GET", "/api/v1/agents?state=pending", Value::Null).await.ok(200);
    assert_eq!(listed["agents"][0]["name"], "a");
    act(&world, "a", "resume", Value::Null).await.refused(409, "state_impossible");
    act(&world, "a", "suspend", Value::Null).await.refused(409, "state_impossible");
    let wide = json!({ "scopes": ["refunds:write"] });
    let changed = world.operate("PATCH", "/api/v1/agents/a?project=p", wide).await;
    changed.refused(409, "state_impossible");

    let approved = act(&world, "a", "approve", json!({})).await.ok(200);
    let granted = (&approved["state"], &approved["scopes"]);
    assert_eq!(granted, (&json!("active"), &json!(["tickets:read"])));
    assert_eq!(me(&world, &key).await["status"], "active");
    assert_eq!(token(&world, &key).await.ok(200)["scope"], "tickets:read");
    act(&world, "a", "approve", json!({})).await.refused(409, "state_impossible");
    act(&world, "a", "refuse", json!({})).await.refused(409, "state_impossible");
}

#[tokio::test]
async fn an_approval_grants_what_it_says_and_broad_scopes_with_a_reason_only() {
    let world = World::new().await;
    world.add_project("p", "ask").await;
    for name in ["a", "b", "c"] {
        request(&world, "p", name, &world.key(Algorithm::Ed25519)).await.ok(202);
    }
    for body in [json!({ "scopes": ["*"] }), json!({ "scopes": ["a:read", "admin"] })] {
        act(&world, "a", "approve", body).await.refused(400, "scope_broad");
    }
    let broad = json!({ "scopes": ["tickets:*"], "broad_because": "incident 7" });
    let approved = act(&world, "a", "approve", broad).await.ok(200);
    assert_eq!(approved["broad_because"], "incident 7");
    let other = json!({ "scopes": ["refunds:write"], "broad_because": "not needed" });
    let approved = act(&world, "b", "approve", other).await.ok(200);
    assert_eq!(approved["scopes"], json!(["refunds:write"]));
    assert_eq!(approved.get("broad_because"), None);
    // The project's ceiling is asked when it is needed.
    let narrowed = json!({ "scopes": [] });
    world.operate("PATCH", "/api/v1/projects/p", narrowed).await.ok(200);
    assert_eq!(act(&world, "c", "approve", json!({})).await.ok(200)["scopes"], json!([]));
    for body in [json!({ "scope": [] }), json!([]), json!({ "broad_because": "" })] {
        act(&world, "c", "approve", body).await.refused(400, "request_malformed");
    }
    act(&world, "d", "approve", json!({})).await.refused(404, "not_found");
}

#[tokio::test]
async fn a_refused_name_is_free_again_and_the_refused_key_is_not() {
    let world = World::new().await;
    world.add_project("p", "ask").await;
    let (key, other) = (world.key(Algorithm::Ed25519), world.key(Algorithm::Ed25519));
    request(&world, "p", "a", &key).await.ok(202);
    request(&world, "p", "a", &other).await.refused(409, "identity_taken");
    let refused = act(&world, "a", "refuse", json!({ "because": "who?" })).await.ok(200);
    let told = (&refused["state"], &refused["refused_because"]);
    assert_eq!(told, (&json!("retired"), &json!("who?")));
    let seen = me(&world, &key).await;
    let told = (&seen["status"], &seen["agent"]["refused_because"]);
    assert_eq!(told, (&json!("retired"), &json!("who?")));
    token(&world, &key).await.refused(400, "agent_retired");

    act(&world, "a", "approve", json!({})).await.refused(404, "not_found");
    act(&world, refused["id"].as_str().unwrap(), "approve", json!({}))
        .await
        .refused(409, "state_impossible");
    request(&world, "p", "b", &key).await.refused(409, "identity_taken");
    let again = request(&world, "p", "a", &other).await.ok(202);
    assert_ne!(again["agent_id"], refused["id"]);
    let unsaid = act(&world, "a", "refuse", json!({})).await.ok(200);
    assert_eq!(unsaid["refused_because"], "no reason was given");
}

#[tokio::test]
async fn a_retired_name_is_never_free_again() {
    let world = World::new().await;
    world.add_project("p", "ask").await;
    for name in ["a", "b"] {
        request(&world, "p", name, &world.key(Algorithm::Ed25519)).await.ok(202);
    }
    act(&world, "a", "retire", Value::Null).await.ok(200);
    act(&world, "b", "approve", json!({})).await.ok(200);
    act(&world, "b", "retire", Value::Null).await.ok(200);
    for name in ["a", "b"] {
        let key = world.key(Algorithm::Ed25519);
        request(&world, "p", name, &key).await.refused(409, "identity_taken");
    }
}

#[tokio::test]
async fn a_request_that_nobody_approves_lapses_and_gives_its_name_up() {
    let world = World::new().await;
    world.add_project("p", "ask").await;
    let (key, other) = (world.key(Algorithm::Ed25519), world.key(Algorithm::Ed25519));
    let first = request(&world, "p", "a", &key).await.ok(202);
    world.pass(WEEK - 1);
    request(&world, "p", "a", &other).await.refused(409, "identity_taken");
    world.pass(1);
    act(&world, "a", "approve", json!({})).await.refused(409, "state_impossible");
    request(&world, "p", "a", &other).await.ok(202);
    let path = format!("/api/v1/agents/{}", first["agent_id"].as_str().unwrap());
    let lapsed = world.operate("GET", &path, Value::Null).await.ok(200);
    assert_eq!(lapsed["state"], "retired");
    assert_eq!(lapsed["refused_because"], "nobody approved it within 7 days");
    act(&world, "a", "approve", json!({})).await.ok(200);
}

#[tokio::test]
async fn who_is_not_welcome_is_told_no_more_than_where_to_turn() {
    let world = World::new().await;
    world.add_project("shut", "closed").await;
    world.add_project("p", "invite").await;
    for (project, status, code) in [
        ("shut", 404, "not_found"),
        ("none", 404, "not_found"),
        ("prj_00000000000000000000000001", 404, "not_found"),
        ("Not A Name", 404, "not_found"),
        ("p", 403, "invite_needed"),
        ("default", 403, "invite_needed"),
    ] {
        let key = world.key(Algorithm::Ed25519);
        request(&world, project, "a", &key).await.refused(status, code);
    }
    let answer = async |project: &str| {
        let key = world.key(Algorithm::Ed25519);
        let mut body = request(&world, project, "a", &key).await.json();
        body.as_object_mut().unwrap().remove("request_id");
        body
    };
    assert_eq!(answer("shut").await, answer("none").await);
}

#[tokio::test]
async fn names_and_keys_that_cannot_be_had_are_all_refused_alike() {
    let world = World::new().await;
    world.add_project("p", "open").await;
    let known = world.key(Algorithm::Ed25519);
    request(&world, "p", "billing", &known).await.ok(201);
    let elsewhere = world.enroll("elsewhere").await;
    let fresh = || world.key(Algorithm::Ed25519);
    let mut answers = Vec::new();
    for (name, key) in [
        ("billing", fresh()),
        ("bi11ing", fresh()),
        ("bill-ing", fresh()),
        ("billing--", fresh()),
        ("admin", fresh()),
        ("r00t", fresh()),
        ("bailiwick", fresh()),
        ("c", SigningKey::from_jwk(&known.to_jwk()).unwrap()),
        ("d", SigningKey::from_jwk(&elsewhere.key.to_jwk()).unwrap()),
    ] {
        let answer = request(&world, "p", name, &key).await;
        answer.refused(409, "identity_taken");
        let mut body = answer.json();
        body.as_object_mut().unwrap().remove("request_id");
        answers.push(body);
    }
    assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:?}");
    // A name is taken in its own project only.
    request(&world, "p", "elsewhere", &fresh()).await.ok(201);
}

#[tokio::test]
async fn a_request_is_proven_by_the_very_key_it_brings_and_counts_once() {
    let world = World::new().await;
    world.add_project("p", "ask").await;
    let (key, thief) = (world.key(Algorithm::EcdsaP256Sha256), world.key(Algorithm::Ed25519));
    let good = draft(&world, "p", "a", &key);
    world.send(good.sign(&thief)).await.refused(401, "signature_invalid");
    let own = Draft { keyid: thief.thumbprint().to_owned(), ..good.clone() };
    world.send(own.sign(&thief)).await.refused(401, "credential_unknown");
    let mut unsigned = good.sign(&key);
    unsigned.headers_mut().remove("signature");
    unsigned.headers_mut().remove("signature-input");
    world.send(unsigned).await.refused(401, "credential_missing");
    let mut moved = good.sign(&key);
    *moved.uri_mut() = "/api/agents/register".parse().unwrap();
    world.send(moved).await.refused(400, "request_malformed");
    let mut tampered = good.sign(&key);
    *tampered.body_mut() =
        String::from_utf8(good.body.clone()).unwrap().replace("\"a\"", "\"b\"").into();
    world.send(tampered).await.refused(401, "digest_mismatch");

    world.send(good.sign(&key)).await.ok(202);
    world.send(good.sign(&key)).await.refused(401, "nonce_replayed");
    act(&world, "a", "refuse", json!({})).await.ok(200);
    world.send(good.sign(&key)).await.refused(401, "nonce_replayed");
}
