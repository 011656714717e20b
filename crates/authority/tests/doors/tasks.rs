//! Tasks: opened, fetched, closed, and over when they are over.

use bailiwick_domain::credential::Algorithm;
use bailiwick_domain::time::Timestamp;
use bailiwick_proof::dpop::{self, Signing};
use serde_json::{Value, json};

use crate::delegation::{
    TICKETS, ask, call, claims, exchange, introspect, is_active, own, subject, token_of, watcher,
};
use crate::world::{Answer, Enrolled, World};

const TASKS: (&str, &str) = ("POST", "/api/agents/tasks");

async fn open(world: &World, agent: &Enrolled, body: &Value) -> Answer {
    call(world, agent, TASKS, body).await
}

fn path(opened: &Value) -> String {
    format!("/api/agents/tasks/{}", opened["task_id"].as_str().unwrap())
}

#[tokio::test]
async fn the_authority_of_a_task_ends_the_moment_it_is_closed() {
    let world = World::new().await;
    let (a, b, watcher) = (world.enroll("a").await, world.enroll("b").await, watcher(&world).await);
    let body = json!({
        "purpose": "close stale tickets", "scopes": ["tickets:read"], "ttl_seconds": 3600,
        "budgets": { "calls": 100, "deletes": 0 },
    });
    let opened = open(&world, &a, &body).await.ok(201);
    assert_eq!((&opened["state"], &opened["expires_in"]), (&json!("live"), &json!(900)));
    assert_eq!(opened["budgets"], json!({ "calls": 100, "deletes": 0 }));
    let token = opened["access_token"].as_str().unwrap();
    let said = claims(token);
    assert_eq!((&said["task"], &said["purpose"]), (&opened["task_id"], &body["purpose"]));
    assert_eq!((&said["sub"], &said["aud"]), (&json!(subject("a")), &json!(TICKETS)));
    let handed = token_of(exchange(&world, &b, token, "").await);
    assert_eq!(introspect(&world, &watcher, &handed).await["budgets"], "calls=100 deletes=0");
    let path = path(&opened);
    let shown = call(&world, &a, ("GET", &path), &Value::Null).await.ok(200);
    assert_eq!(shown["task_id"], opened["task_id"]);
    call(&world, &b, ("GET", &path), &Value::Null).await.refused(404, "not_found");
    call(&world, &b, ("DELETE", &path), &Value::Null).await.refused(404, "not_found");
    assert!(is_active(&world, &watcher, &handed).await);
    for _ in 0..2 {
        let closed = call(&world, &a, ("DELETE", &path), &Value::Null).await;
        assert_eq!((closed.status.as_u16(), closed.body.len()), (204, 0));
    }
    for token in [token, &handed] {
        assert!(!is_active(&world, &watcher, token).await);
    }
    let form =
        format!("grant_type=client_credentials&task={}", opened["task_id"].as_str().unwrap());
    ask(&world, &a, &form).await.refused(400, "invalid_grant");
}

#[tokio::test]
async fn a_task_is_renewed_while_it_lasts_and_no_token_outlives_it() {
    let world = World::new().await;
    let (a, b) = (world.enroll("a").await, world.enroll("b").await);
    let body = json!({ "purpose": "x", "ttl_seconds": 1000 });
    let opened = open(&world, &a, &body).await.ok(201);
    let task = opened["task_id"].as_str().unwrap();
    let form = format!("grant_type=client_credentials&task={task}");
    world.pass(950);
    let token = token_of(ask(&world, &a, &format!("{form}&scope=refunds:write")).await);
    let said = claims(&token);
    assert_eq!(said["exp"].as_i64().unwrap() - said["iat"].as_i64().unwrap(), 50);
    assert_eq!((&said["scope"], &said["task"]), (&json!("refunds:write"), &json!(task)));
    ask(&world, &b, &form).await.refused(400, "invalid_grant");
    ask(&world, &a, &format!("{form}&scope=other:read")).await.refused(400, "invalid_scope");
    ask(&world, &a, &format!("{form}&audience=other")).await.refused(400, "invalid_target");
    let detailed = format!("{form}&authorization_details=[]");
    ask(&world, &a, &detailed).await.refused(400, "invalid_request");
    for unknown in ["x", "tsk_00000000000000000000000000", &a.id] {
        let form = format!("grant_type=client_credentials&task={unknown}");
        ask(&world, &a, &form).await.refused(400, "invalid_grant");
    }
    world.pass(50);
    ask(&world, &a, &form).await.refused(400, "invalid_grant");
}

#[tokio::test]
async fn a_task_below_a_token_is_within_it_and_ends_with_it() {
    let world = World::new().await;
    let (a, b, watcher) = (world.enroll("a").await, world.enroll("b").await, watcher(&world).await);
    let token = own(&world, &a, "scope=tickets:read").await;
    let body =
        |scopes: &[&str]| json!({ "purpose": "x", "scopes": scopes, "subject_token": token });
    open(&world, &a, &body(&["refunds:write"])).await.refused(400, "request_malformed");
    open(&world, &b, &body(&[])).await.refused(400, "request_malformed");
    let opened = open(&world, &a, &body(&[])).await.ok(201);
    assert_eq!(opened["scopes"], json!(["tickets:read"]));
    let below = opened["access_token"].as_str().unwrap();
    let revoke = crate::delegation::signed(&world, &a, "/oauth/revoke", &format!("token={token}"));
    assert_eq!(world.send(revoke).await.status, 200);
    assert!(!is_active(&world, &watcher, below).await);
}

#[tokio::test]
async fn an_orchestrator_opens_a_task_that_another_agent_fetches() {
    let world = World::new().await;
    let (a, b) = (world.enroll("a").await, world.enroll("b").await);
    let body = json!({ "purpose": "x", "scopes": ["tickets:read"], "agent": "b" });
    let opened = open(&world, &a, &body).await.ok(201);
    assert_eq!((&opened["agent"], opened.get("access_token")), (&json!(b.id), None));
    let task = opened["task_id"].as_str().unwrap();
    let form = format!("grant_type=client_credentials&task={task}");
    let said = claims(&token_of(ask(&world, &b, &form).await));
    assert_eq!(said["sub"], subject("a"));
    assert_eq!(said["act"], json!({ "sub": subject("b") }));
    ask(&world, &a, &form).await.refused(400, "invalid_grant");
    let path = path(&opened);
    assert_eq!(call(&world, &a, ("DELETE", &path), &Value::Null).await.status, 204);
    ask(&world, &b, &form).await.refused(400, "invalid_grant");
    let nobody = json!({ "purpose": "x", "agent": "nobody" });
    open(&world, &a, &nobody).await.refused(404, "not_found");
    world.add_project("other", "closed").await;
    let other = crate::delegation::enroll(&world, "d", "other", &["tickets:read"]).await;
    let elsewhere = json!({ "purpose": "x", "agent": other.id });
    open(&world, &a, &elsewhere).await.refused(404, "not_found");
}

#[tokio::test]
async fn an_operator_opens_lists_and_closes_tasks() {
    let world = World::new().await;
    let a = world.enroll("a").await;
    let body = json!({ "agent": "a", "purpose": "x", "scopes": ["tickets:read"] });
    let opened = world.operate("POST", "/api/v1/tasks", body).await.ok(201);
    assert_eq!((&opened["agent"], &opened["key"]), (&json!(a.id), &Value::Null));
    let task = opened["task_id"].as_str().unwrap();
    let form = format!("grant_type=client_credentials&task={task}");
    ask(&world, &a, &form).await.ok(200);
    world.pass(1);
    let another = json!({ "agent": a.id, "purpose": "y" });
    world.operate("POST", "/api/v1/tasks", another).await.ok(201);
    let listed = world.operate("GET", "/api/v1/tasks?limit=1", Value::Null).await.ok(200);
    assert_eq!(listed["tasks"][0]["purpose"], "y");
    let next = format!("/api/v1/tasks?agent={}&before={}", a.id, listed["next"].as_str().unwrap());
    let rest = world.operate("GET", &next, Value::Null).await.ok(200);
    assert_eq!((&rest["tasks"][0]["purpose"], rest.get("next")), (&json!("x"), None));
    let path = format!("/api/v1/tasks/{task}");
    let closed = world.operate("DELETE", &path, Value::Null).await.ok(200);
    assert_eq!(
        (&closed["state"], &closed["ended_because"]),
        (&json!("ended"), &json!("closed by an operator"))
    );
    assert_eq!(world.operate("DELETE", &path, Value::Null).await.ok(200), closed);
    ask(&world, &a, &form).await.refused(400, "invalid_grant");
    for (body, status, code) in [
        (json!({ "agent": "a" }), 400, "request_malformed"),
        (json!({ "agent": "a", "purpose": "" }), 400, "request_malformed"),
        (json!({ "agent": "a", "purpose": "x".repeat(501) }), 400, "request_malformed"),
        (json!({ "agent": "a", "purpose": "x", "ttl_seconds": 0 }), 400, "request_malformed"),
        (json!({ "agent": "a", "purpose": "x", "ttl_seconds": 86_401 }), 400, "request_malformed"),
        (json!({ "agent": "a", "purpose": "x", "scopes": ["other:x"] }), 400, "request_malformed"),
        (
            json!({ "agent": "a", "purpose": "x", "budgets": { "money": 1 } }),
            400,
            "request_malformed",
        ),
        (
            json!({ "agent": "a", "purpose": "x", "authorization_details": [{}] }),
            400,
            "request_malformed",
        ),
        (json!({ "agent": "b", "purpose": "x" }), 404, "not_found"),
    ] {
        let answer = world.operate("POST", "/api/v1/tasks", body).await;
        answer.refused(status, code);
    }
    world.operate("DELETE", "/api/v1/tasks/x", Value::Null).await.refused(404, "not_found");
}

/// RFC 9449, section 5: as at the token endpoint.
#[tokio::test]
async fn the_token_of_a_task_that_was_opened_with_a_proof_is_bound_to_its_key() {
    let world = World::new().await;
    let agent = world.enroll("a").await;
    let key = world.key(Algorithm::EcdsaP256Sha256);
    let ask = async |nonce: Option<&str>, jti: &str| {
        let now = Timestamp::from_seconds(world.now());
        let url = "http://127.0.0.1:8701/api/agents/tasks";
        let signing = Signing { method: "POST", url, token: None, nonce, jti, now };
        let draft = world.draft("POST", "/api/agents/tasks", &agent.key_id);
        let draft = draft.with_body("application/json", &json!({ "purpose": "x" }).to_string());
        let mut request = draft.sign(&agent.key);
        let proof = dpop::sign(&key, &signing).unwrap();
        request.headers_mut().insert("dpop", proof.parse().unwrap());
        world.send(request).await
    };
    let first = ask(None, "first-proof").await;
    assert_eq!((first.status.as_u16(), &*first.code()), (400, "use_dpop_nonce"));
    let nonce = first.headers["dpop-nonce"].to_str().unwrap();
    let opened = ask(Some(nonce), "second-proof").await.ok(201);
    assert_eq!(opened["token_type"], "DPoP");
    let said = claims(opened["access_token"].as_str().unwrap());
    assert_eq!(said["cnf"]["jkt"], key.thumbprint());
    ask(Some(nonce), "second-proof").await.refused(401, "nonce_replayed");
    let plain = open(&world, &agent, &json!({ "purpose": "x" })).await.ok(201);
    let said = claims(plain["access_token"].as_str().unwrap());
    assert_eq!(
        (&plain["token_type"], &said["cnf"]["jkt"]),
        (&json!("Bearer"), &json!(agent.key.thumbprint()))
    );
}
