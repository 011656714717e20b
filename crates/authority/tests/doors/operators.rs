//! Every operation of the description, held against whoever may not call it.

use axum::body::Body;
use bailiwick_authority::{create_operator, openapi};
use bailiwick_domain::time::{Clock, Timestamp};
use http::Request;
use serde_json::{Value, json};

use crate::world::{Answer, World};

/// What needs no credential at all.
const OPEN: &[&str] = &[
    "GET /.well-known/http-message-signatures-directory",
    "GET /.well-known/jwks.json",
    "GET /.well-known/oauth-authorization-server",
    "GET /.well-known/openid-configuration",
    "GET /.well-known/ssf-configuration",
    "GET /api/agents/discover",
    "GET /api/openapi.json",
    "GET /healthz",
    "GET /ledger/checkpoint",
    "GET /ledger/key.pub",
    "GET /ledger/tile/{tile}",
    "GET /readyz",
    "POST /ssf/events",
    "GET /status-lists/{number}",
    "POST /webhooks/approvals/{name}",
];

/// One operation as it is described.
struct Described {
    method: String,
    path: String,
    /// The ways of identifying that it takes.
    schemes: Vec<String>,
}

fn described() -> Vec<Described> {
    let document: Value = serde_json::from_str(&openapi()).unwrap();
    let mut found = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let listed = operation["security"].as_array().unwrap().iter();
            let schemes = listed.flat_map(|it| it.as_object().unwrap().keys().cloned());
            found.push(Described {
                method: method.to_uppercase(),
                path: path.clone(),
                schemes: schemes.collect(),
            });
        }
    }
    found
}

async fn ask(world: &World, operation: &Described, authorization: Option<&str>) -> Answer {
    let path = operation.path.replace(['{', '}'], "");
    let mut request = Request::builder().method(operation.method.as_str()).uri(path);
    if let Some(value) = authorization {
        request = request.header("authorization", value);
    }
    // Only where clients authenticate may one read a body before it knows who asks: an assertion is
    // in there.
    let body = match operation.path.as_str() {
        "/oauth/bc-authorize"
        | "/oauth/device_authorization"
        | "/oauth/introspect"
        | "/oauth/par"
        | "/oauth/revoke"
        | "/oauth/token" => {
            request = request.header("content-type", "application/x-www-form-urlencoded");
            "grant_type=client_credentials"
        }
        _ => "{",
    };
    world.send(request.body(Body::from(body)).unwrap()).await
}

#[test]
fn exactly_what_is_meant_to_be_open_is_open() {
    let open: Vec<String> = described()
        .iter()
        .filter(|operation| operation.schemes.is_empty())
        .map(|operation| format!("{} {}", operation.method, operation.path))
        .collect();
    assert_eq!(open, OPEN);
}

#[tokio::test]
async fn no_operation_of_the_admin_api_answers_without_an_admin_token() {
    let world = World::new().await;
    let mistyped = format!("Bearer {}x", &world.operator[..world.operator.len() - 1]);
    // Well-formed, and made by another installation.
    let elsewhere = World::new().await;
    let clock = Clock::new(Timestamp::default);
    let made = create_operator(&elsewhere.store, &clock, &elsewhere.entropy).await.unwrap();
    let never_made = format!("Bearer {}", *made.1);
    assert_ne!(*made.1, world.operator);
    let two = format!("Bearer {} {}", world.operator, world.operator);
    let raw = world.operator.clone();
    let basic = format!("Basic {}", world.operator);
    let invite = world.operate("POST", "/api/v1/invites", json!({})).await.ok(201);
    let invite = format!("Bearer {}", invite["invite_code"].as_str().unwrap());
    let agent = world.enroll("a").await;
    let draft = world.draft("POST", "/oauth/token", &agent.key_id);
    let draft =
        draft.with_body("application/x-www-form-urlencoded", "grant_type=client_credentials");
    let issued = world.send(draft.sign(&agent.key)).await.ok(200);
    let access = format!("Bearer {}", issued["access_token"].as_str().unwrap());
    let mut asked = 0;
    for operation in described() {
        let administrative = operation.path.starts_with("/api/v1/");
        assert_eq!(administrative, operation.schemes == ["operator"], "{}", operation.path);
        if !administrative {
            continue;
        }
        let answer = ask(&world, &operation, None).await;
        answer.refused(401, "credential_missing");
        assert_eq!(answer.headers["www-authenticate"], "Bearer");
        let malformed = ["", "Bearer", "Bearer ", &mistyped, &two, &raw, &basic];
        let others = [never_made.as_str(), &invite, &access];
        for token in malformed.into_iter().chain(others) {
            let answer = ask(&world, &operation, Some(token)).await;
            answer.refused(401, "credential_unknown");
            let challenge = &answer.headers["www-authenticate"];
            assert_eq!(challenge, "Bearer error=\"invalid_token\"");
        }
        asked += 1;
    }
    assert!(asked > 15, "only {asked} operations were asked");
}

#[tokio::test]
async fn no_operation_for_agents_answers_without_a_proof() {
    let world = World::new().await;
    let admin = format!("Bearer {}", world.operator);
    let mut asked = Vec::new();
    for operation in described() {
        if !operation.schemes.contains(&"agent_signature".to_owned()) {
            continue;
        }
        for authorization in [None, Some("Bearer x"), Some("Basic eDp5"), Some(&*admin)] {
            // Where a stream's own token would do, a bearer token is looked at.
            let looked_at = operation.schemes.contains(&"stream_token".to_owned())
                && authorization.is_some_and(|it| it.starts_with("Bearer"));
            let code = if looked_at { "credential_unknown" } else { "credential_missing" };
            let answer = ask(&world, &operation, authorization).await;
            answer.refused(401, code);
        }
        asked.push(operation.path);
    }
    assert_eq!(
        asked,
        [
            "/api/agents/keys",
            "/api/agents/keys/{key_id}",
            "/api/agents/me",
            "/api/agents/register",
            "/api/agents/request-access",
            "/api/agents/tasks",
            "/api/agents/tasks/{id}",
            "/api/agents/tasks/{id}",
            "/oauth/bc-authorize",
            "/oauth/derived-key",
            "/oauth/device_authorization",
            "/oauth/introspect",
            "/oauth/par",
            "/oauth/revoke",
            "/oauth/token",
            "/ssf/poll/{stream_id}",
            "/ssf/status",
            "/ssf/status",
            "/ssf/streams",
            "/ssf/streams",
            "/ssf/streams",
            "/ssf/streams",
            "/ssf/streams",
            "/ssf/verify",
        ]
    );
}

#[tokio::test]
async fn a_token_works_whatever_the_case_of_its_scheme() {
    let world = World::new().await;
    let request =
        Request::get("/api/v1/apis").header("authorization", format!("bearer {}", world.operator));
    world.send(request.body(Body::empty()).unwrap()).await.ok(200);
}

#[tokio::test]
async fn apis_are_shown_as_they_are_configured() {
    let world = World::new().await;
    let listed = world.operate("GET", "/api/v1/apis", Value::Null).await.ok(200);
    let shown = world.operate("GET", "/api/v1/apis/tickets", Value::Null).await.ok(200);
    assert_eq!(listed["apis"][0], shown);
    assert_eq!(shown["resource"], "http://127.0.0.1:8700/tickets");
    let expected = json!([
        {
            "method": "GET", "path": "/tickets", "scopes": ["tickets:read"], "limit": "5/s",
            "sensitivity": "internal", "approval": "policy",
        }
    ]);
    assert_eq!(shown["operations"], expected);
    world.operate("GET", "/api/v1/apis/other", Value::Null).await.refused(404, "not_found");
}
