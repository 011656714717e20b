//! What reaches the server of a call, what comes back, and what is written down.

use bailiwick_proof::jwt::AccessToken;
use bailiwick_proof::opaque::sha256;
use bailiwick_testkit::world::MCP;
use serde_json::json;

use crate::{Scene, call, request, verdict};

#[tokio::test]
async fn the_callers_token_never_reaches_the_server_and_its_name_does() {
    let scene = Scene::begin().await;
    let aud = vec![MCP.to_owned()];
    let token = AccessToken { cnf: None, aud, ..scene.world.token() };
    let bearer = scene.world.bearer(&token);
    let ask = call("search", json!({"query": "late"})).header("authorization", &bearer);
    let ask = ask.header("x-agent-id", "ticket-summarizer").header("x-agent-scopes", "all");
    assert_eq!(verdict(&scene.world.send(&ask).await), "200");
    let seen = &scene.server.seen()[0];
    assert!(!seen.headers.contains_key("authorization"));
    assert_eq!(seen.headers["x-agent-id"], "ticket-summarizer");
    assert_eq!(seen.headers["x-agent-scopes"], "tickets:read tickets:write");
    assert!(seen.headers.contains_key("txn-token") && seen.headers.contains_key("traceparent"));
    assert_eq!(seen.headers["mcp-name"], "search");
    assert_eq!(seen.body, ask.body, "the message as it was sent");
    let elsewhere = AccessToken { cnf: None, ..scene.world.token() };
    let elsewhere = call("search", json!({"query": "late"}))
        .header("authorization", &scene.world.bearer(&elsewhere));
    assert_eq!(verdict(&scene.world.send(&elsewhere).await), "401 401 token_audience");
}

#[tokio::test]
async fn a_call_is_recorded_with_tool_arguments_and_result() {
    let scene = Scene::begin().await;
    let spaced = call("search", json!({"query": "late"}));
    let body = String::from_utf8(spaced.body.clone()).unwrap();
    let spaced = bailiwick_testkit::ask::Ask {
        body: body.replace(r#"{"query":"late"}"#, "{ \"query\" :\n\"late\" }").into_bytes(),
        ..spaced
    };
    let trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    assert_eq!(verdict(&scene.say(spaced.header("traceparent", trace)).await), "200");
    assert_eq!(verdict(&scene.say(call("purge", json!({}))).await), "403 403 scope_missing");
    assert_eq!(verdict(&scene.say(request("tools/list", json!({}))).await), "200");
    let written = scene.world.written();
    let digest = sha256(br#"{"query":"late"}"#).map(|byte| format!("{byte:02x}")).concat();
    let called =
        format!(r#""gen_ai":{{"arguments_digest":"{digest}","name":"search","tool_call":"7"}}"#);
    assert!(written.contains(&called), "{written}");
    assert!(written.contains(r#""operation":"tools/call search""#), "{written}");
    assert!(written.contains("4bf92f3577b34da6a3ce929d0e0e4736"), "{written}");
    assert!(written.contains(r#""operation":"tools/call purge""#), "{written}");
    assert!(written.contains(r#""operation":"tools/list""#), "{written}");
}

#[tokio::test]
async fn a_stream_of_a_call_goes_on_as_it_comes() {
    let scene = Scene::begin().await;
    let progress = json!({"jsonrpc": "2.0", "method": "notifications/progress"});
    let result = json!({"jsonrpc": "2.0", "id": 7, "result": {"content": []}});
    let stream = format!("event: message\r\ndata: {progress}\r\n\r\ndata: {result}\n\n");
    scene.server.say("tools/call", "text/event-stream", &stream);
    let reply = scene.say(call("search", json!({"query": "a"}))).await;
    assert_eq!(reply.body, stream.as_bytes());
    let picture = "x".repeat(6 * 1024 * 1024);
    scene.server.say("tools/call", "application/json", &picture);
    let reply = scene.say(call("search", json!({"query": "a"}))).await;
    assert_eq!(reply.body.len(), picture.len(), "what a tool answers may be large");
}

#[tokio::test]
async fn a_description_of_another_kind_is_not_served() {
    let scene = Scene::begin().await;
    let openapi = json!({"openapi": "3.1.0", "paths": {
        "/search": {"get": {"x-bailiwick": {"scopes": ["tickets:read"]}}},
    }});
    scene.world.describe("mcp", &openapi, true).await;
    let reply = scene.say(call("search", json!({"query": "late"}))).await;
    assert_eq!(verdict(&reply), "403 -32602 operation_unknown");
}
