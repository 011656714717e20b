//! What a description of an API says binds: requests have to fit it, and nothing else is served.

use bailiwick_domain::api::Enforcement;
use bailiwick_testkit::ask::Ask;
use bailiwick_testkit::raw::Reply;
use bailiwick_testkit::world::{Choices, World};
use serde_json::{Value, json};

fn document() -> Value {
    let ticket = json!({"type": "object", "required": ["title"], "properties": {
        "title": {"type": "string"},
        "lines": {"type": "array", "items": {"type": "string"}},
    }});
    json!({"openapi": "3.1.0", "paths": {
        "/tickets": {
            "get": {"parameters": [
                {"name": "limit", "in": "query", "schema": {"type": "integer", "maximum": 10}},
            ]},
            "post": {"requestBody": {"content": {"application/json": {"schema": ticket}}}},
        },
        "/tickets/{id}": {"get": {"parameters": [
            {"name": "id", "in": "path", "required": true, "schema": {"type": "integer"}},
        ]}},
    }})
}

async fn send(world: &World, ask: Ask) -> Reply {
    world.send(&ask.digested().signed(&world.proof())).await
}

fn post(body: &Value) -> Ask {
    Ask::new("POST", "/acme/tickets").json(&body.to_string())
}

async fn begin(contract: Enforcement) -> World {
    let world = World::begin_with(Choices { contract, ..Choices::default() }).await;
    world.describe("acme", &document(), true).await;
    world
}

async fn check(world: &World, ask: Ask, expected: Option<&str>) {
    let said = format!("{} {}", ask.method, ask.target);
    let before = world.upstream.seen().len();
    let reply = send(world, ask).await;
    let pointer = (reply.verdict() != "200").then(|| reply.json().get("pointer").cloned());
    let pointer = pointer.map(Option::unwrap_or_default);
    assert_eq!(pointer, expected.map(Value::from), "{said}: {}", reply.verdict());
    assert_eq!(world.upstream.seen().len() - before, usize::from(expected.is_none()), "{said}");
}

#[tokio::test]
async fn what_does_not_fit_is_refused_with_the_place_that_does_not() {
    let world = begin(Enforcement::Enforce).await;
    check(&world, post(&json!({"title": "x", "lines": ["a"]})), None).await;
    check(&world, post(&json!({"title": 7})), Some("/body/title")).await;
    check(&world, post(&json!({"title": "x", "owner": "me"})), Some("/body/owner")).await;
    check(&world, post(&json!({"lines": []})), Some("/body/title")).await;
    check(&world, Ask::new("GET", "/acme/tickets?limit=10"), None).await;
    check(&world, Ask::new("GET", "/acme/tickets?limit=11"), Some("/query/limit")).await;
    check(&world, Ask::new("GET", "/acme/tickets?all=1"), Some("/query/all")).await;
    check(&world, Ask::new("GET", "/acme/tickets/7"), None).await;
    check(&world, Ask::new("GET", "/acme/tickets/seven"), Some("/path/id")).await;
    let reply = send(&world, post(&json!({"title": "x", "owner": "a secret"}))).await;
    assert_eq!(reply.verdict(), "400 contract_violated");
    assert!(!reply.json().to_string().contains("a secret"), "{}", reply.json());
}

#[tokio::test]
async fn a_long_body_is_read_whole_and_goes_on_whole() {
    let world = begin(Enforcement::Enforce).await;
    let lines = vec!["a".repeat(99); 5_000];
    let fitting = json!({"title": "x", "lines": lines});
    check(&world, post(&fitting), None).await;
    assert_eq!(world.upstream.seen().last().unwrap().body, fitting.to_string());
    let too_long = json!({"title": "x", "lines": vec!["a".repeat(99); 12_000]});
    assert_eq!(send(&world, post(&too_long)).await.code().as_deref(), Some("body_too_large"));
}

#[tokio::test]
async fn of_an_api_that_is_only_observed_nothing_is_refused() {
    for contract in [Enforcement::Observe, Enforcement::Off] {
        let world = begin(contract).await;
        check(&world, post(&json!({"title": 7})), None).await;
        check(&world, Ask::new("GET", "/acme/tickets?all=1"), None).await;
        let would_be = r#""would_be":{"code":"contract_violated","outcome":"denied"}"#;
        let written = world.written().matches(would_be).count();
        assert_eq!(written, if contract == Enforcement::Observe { 2 } else { 0 });
    }
}

#[tokio::test]
async fn a_described_operation_is_served_once_its_scopes_are_confirmed() {
    let world = World::begin().await;
    let ask = || Ask::new("GET", "/acme/tickets");
    assert_eq!(send(&world, ask()).await.code().as_deref(), Some("operation_unknown"));
    world.describe("acme", &document(), false).await;
    assert_eq!(send(&world, ask()).await.code().as_deref(), Some("operation_unknown"));
    world.describe("acme", &document(), true).await;
    assert_eq!(send(&world, ask()).await.verdict(), "200");
    let gone = json!({"openapi": "3.1.0", "paths": {}});
    world.describe("acme", &gone, true).await;
    assert_eq!(send(&world, ask()).await.code().as_deref(), Some("operation_unknown"));
    assert_eq!(send(&world, post(&json!({"title": 7}))).await.verdict(), "200", "as configured");
}
