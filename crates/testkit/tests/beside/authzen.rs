//! `OpenID` `AuthZEN`, Authorization API 1.0: what it says of a request that is only described is
//! what the checks say.

use bailiwick_domain::agent::State;
use bailiwick_testkit::ask::Ask;
use bailiwick_testkit::raw::Reply;
use bailiwick_testkit::world::World;
use serde_json::{Value, json};

const ONE: &str = "/access/v1/evaluation";
const SEVERAL: &str = "/access/v1/evaluations";
const AGENT: &str = "agt_00000000000000000000000001";

fn question(method: &str, path: &str) -> Value {
    json!({
        "subject": {"type": "agent", "id": AGENT},
        "action": {"name": method},
        "resource": {"type": "acme", "id": path},
    })
}

fn with(mut question: Value, pointer: &str, value: impl Into<Value>) -> Value {
    let (parent, name) = pointer.rsplit_once('/').unwrap();
    question.pointer_mut(parent).unwrap()[name] = value.into();
    question
}

async fn post(world: &World, path: &str, body: &Value) -> Reply {
    world.inquire(&Ask::new("POST", path).json(&body.to_string())).await
}

/// The decision on one question: `true`, or the code.
async fn decision(world: &World, question: &Value) -> String {
    let reply = post(world, ONE, question).await;
    assert_eq!(reply.status, 200, "{question}: {reply:?}");
    decided(&reply.json())
}

fn decided(answer: &Value) -> String {
    assert!(answer["context"]["unchecked"].as_array().is_some_and(|it| it.len() == 4), "{answer}");
    let permitted = answer["decision"].as_bool().unwrap();
    let code = answer["context"]["code"].as_str();
    if permitted { "true".to_owned() } else { code.unwrap().to_owned() }
}

#[tokio::test]
async fn what_the_checks_would_say_is_said_of_a_request_that_is_described() {
    let world = World::begin().await;
    let read = || question("GET", "/tickets/7");
    for (question, expected) in [
        (read(), "true"),
        (question("GET", "/tickets/7?full=yes"), "true"),
        (question("POST", "/tickets"), "true"),
        (question("PUT", "/tickets/7"), "scope_missing"),
        (question("GET", "/nowhere"), "operation_unknown"),
        (question("GET", "/tickets/../tickets/7"), "request_malformed"),
        (question("GET", "tickets/7"), "operation_unknown"),
        (question("DELETE", "/payouts/7"), "approval_pending"),
        // By the shipped policies an autonomous agent's DELETE needs a person.
        (question("DELETE", "/accounts/7"), "approval_pending"),
        (with(read(), "/resource/type", "nothing"), "operation_unknown"),
        (with(read(), "/subject/type", "person"), "operation_unknown"),
        (with(read(), "/subject/id", "nobody"), "operation_unknown"),
        (with(read(), "/subject/id", "agt_00000000000000000000000009"), "credential_unknown"),
        (with(read(), "/action/name", "G T"), "operation_unknown"),
        (with(read(), "/context", json!({"proof": "bearer"})), "proof_too_weak"),
        (with(read(), "/context", json!({"proof": "key"})), "true"),
    ] {
        assert_eq!(decision(&world, &question).await, expected, "{question}");
    }
    for (state, expected) in [
        (State::Suspended, "agent_suspended"),
        (State::Retired, "agent_retired"),
        (State::Pending, "agent_pending"),
    ] {
        world.change_agent(|agent| agent.state = state).await;
        assert_eq!(decision(&world, &read()).await, expected);
    }
    world.change_agent(|agent| agent.networks = vec!["203.0.113.0/24".parse().unwrap()]).await;
    assert_eq!(decision(&world, &read()).await, "network_forbidden");
    let context = json!({"address": "203.0.113.9"});
    assert_eq!(decision(&world, &with(read(), "/context", context)).await, "true");
    assert!(world.written().is_empty(), "nothing of it is a request");
}

#[tokio::test]
async fn a_body_that_a_contract_reads_is_described_too() {
    let world = World::begin().await;
    let schema = json!({"type": "object", "properties": {"amount": {"type": "integer"}}});
    let body = json!({"required": true, "content": {"application/json": {"schema": schema}}});
    let item = json!({"post": {"requestBody": body, "responses": {}}});
    let document = json!({"openapi": "3.1.0", "paths": {"/tickets": item}});
    world.describe("acme", &document, false).await;
    let post = || question("POST", "/tickets");
    assert_eq!(decision(&world, &post()).await, "not_in_line");
    let of = |body: Value| with(post(), "/resource/properties", json!({ "body": body }));
    assert_eq!(decision(&world, &of(json!({"amount": 1}))).await, "true");
    assert_eq!(decision(&world, &of(json!({"amount": "1"}))).await, "contract_violated");
    assert_eq!(decision(&world, &of(json!({"other": 1}))).await, "contract_violated");
}

#[tokio::test]
async fn several_are_answered_as_far_as_was_asked_for() {
    let world = World::begin().await;
    let (yes, no) = (json!({"resource": {"type": "acme", "id": "/tickets/7"}}), json!({}));
    let asked = |semantic: Option<&str>, listed: &[&Value]| {
        let mut asked = question("GET", "/nowhere");
        asked["evaluations"] = listed.iter().map(|it| (*it).clone()).collect();
        if let Some(semantic) = semantic {
            asked["options"] = json!({ "evaluations_semantic": semantic });
        }
        asked
    };
    let unknown = "operation_unknown";
    for (semantic, listed, expected) in [
        (None, [&yes, &no, &yes], &["true", unknown, "true"][..]),
        (Some("execute_all"), [&no, &yes, &no], &[unknown, "true", unknown]),
        (Some("deny_on_first_deny"), [&yes, &no, &yes], &["true", unknown]),
        (Some("deny_on_first_deny"), [&yes, &yes, &yes], &["true", "true", "true"]),
        (Some("permit_on_first_permit"), [&no, &yes, &no], &[unknown, "true"]),
    ] {
        let reply = post(&world, SEVERAL, &asked(semantic, &listed)).await;
        let answers = reply.json()["evaluations"].clone();
        let answers: Vec<String> = answers.as_array().unwrap().iter().map(decided).collect();
        assert_eq!(answers, expected, "{semantic:?}");
    }
    // Without a list it is one question (section 7.1).
    let one = post(&world, SEVERAL, &question("GET", "/tickets/7")).await;
    assert_eq!(decided(&one.json()), "true");
}

#[tokio::test]
async fn what_is_no_question_is_refused() {
    let world = World::begin().await;
    let whole = || question("GET", "/tickets/7");
    let without = |name: &str| {
        let mut question = whole();
        question.as_object_mut().unwrap().remove(name);
        question
    };
    for malformed in [
        json!([]),
        json!({}),
        without("subject"),
        without("action"),
        without("resource"),
        with(whole(), "/subject", json!({"type": "agent"})),
        with(whole(), "/subject", json!({"id": AGENT})),
        with(whole(), "/action", json!({})),
        with(whole(), "/action/name", 7),
        with(whole(), "/resource", "tickets"),
        with(whole(), "/context", json!({"address": "nowhere"})),
        with(whole(), "/context", json!({"proof": "word of honor"})),
    ] {
        for path in [ONE, SEVERAL] {
            assert_eq!(post(&world, path, &malformed).await.status, 400, "{malformed}");
        }
    }
    let many = with(whole(), "/evaluations", vec![json!({}); 101]);
    assert_eq!(post(&world, SEVERAL, &many).await.status, 400);
    let semantic = with(whole(), "/options", json!({"evaluations_semantic": "some"}));
    assert_eq!(post(&world, SEVERAL, &semantic).await.status, 400);
    let text = Ask::new("POST", ONE).header("content-type", "text/plain");
    assert_eq!(world.inquire(&text).await.status, 400);
    assert_eq!(world.inquire(&Ask::new("GET", ONE)).await.status, 405);
}

#[tokio::test]
async fn where_to_ask_is_told_and_the_request_is_named_in_its_answer() {
    let world = World::begin().await;
    let ask = Ask::new("GET", "/.well-known/authzen-configuration");
    let told = world.inquire(&ask).await.json();
    assert_eq!(told["policy_decision_point"], "http://gateway.test");
    assert_eq!(told["access_evaluation_endpoint"], format!("http://gateway.test{ONE}"));
    assert_eq!(told["access_evaluations_endpoint"], format!("http://gateway.test{SEVERAL}"));
    let ask = Ask::new("POST", ONE).json(&question("GET", "/tickets/7").to_string());
    let reply = world.inquire(&ask.header("x-request-id", "req-1")).await;
    assert_eq!(reply.header("x-request-id"), Some("req-1"));
    assert_eq!(reply.header("content-type"), Some("application/json"));
}
