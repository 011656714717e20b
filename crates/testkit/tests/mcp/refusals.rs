//! One call that passes; and the smallest changes that are refused, each in the protocol's own
//! words and with the denial's code.

use bailiwick_testkit::ask::Ask;
use serde_json::{Value, json};

use crate::{NEWEST, Scene, call, post, request, stateless, verdict};

fn golden() -> Ask {
    call("search", json!({"query": "late"}))
}

async fn check(scene: &Scene, ask: Ask, expected: &str) -> Value {
    let before = scene.server.seen().len();
    let reply = scene.say(ask).await;
    assert_eq!(verdict(&reply), expected, "{}", String::from_utf8_lossy(&reply.body));
    let refused = expected.len() > 3;
    assert_eq!(scene.server.seen().len(), before + usize::from(!refused), "{expected}");
    let body = reply.json();
    if refused {
        assert_eq!(reply.header("content-type"), Some("application/json"));
        assert_eq!(body["jsonrpc"], "2.0");
        assert!(body["error"]["data"]["request_id"].is_string(), "{body}");
    }
    body
}

#[tokio::test]
async fn each_smallest_change_is_refused_in_the_protocols_own_words() {
    let scene = Scene::begin().await;
    check(&scene, golden(), "200").await;
    let field = |name: &str, value: &str| golden().without(name).header(name, value);
    let mismatch = "400 -32020 mcp_header_mismatch";
    for (ask, expected) in [
        (field("mcp-method", "tools/list"), mismatch),
        (golden().without("mcp-method"), mismatch),
        (field("mcp-name", "purge"), mismatch),
        (golden().without("mcp-name"), mismatch),
        (field("mcp-name", "=?base64?cHVyZ2U=?="), mismatch),
        (golden().without("mcp-protocol-version"), mismatch),
        (field("mcp-protocol-version", "2025-11-25"), mismatch),
        (call("route", json!({"region": "eu"})), mismatch),
        (call("route", json!({"region": "eu"})).header("mcp-param-region", "us"), mismatch),
        (call("nothing", json!({})), "403 -32602 operation_unknown"),
        (call("purge", json!({})), "403 403 scope_missing"),
        (call("search", json!({})), "400 -32602 contract_violated"),
        (call("search", json!({"query": 7})), "400 -32602 contract_violated"),
        (call("search", json!({"query": "a", "more": 1})), "400 -32602 contract_violated"),
        (call("search", json!([])), "400 -32602 contract_violated"),
        (stateless("ping", json!({})), "404 -32601 operation_unknown"),
        (request("tools/none", json!({})), "403 -32601 operation_unknown"),
        (stateless("tools/none", json!({})), "404 -32601 operation_unknown"),
        (request("tools/call", json!({})), "400 -32602 request_malformed"),
        (
            stateless("resources/read", json!({"uri": "tickets://none"})),
            "403 -32602 operation_unknown",
        ),
        (stateless("resources/read", json!({"uri": "tickets://secret"})), "403 403 scope_missing"),
        (stateless("prompts/get", json!({"name": "close"})), "403 403 scope_missing"),
        (stateless("prompts/get", json!({"name": "summarize"})), "400 -32602 contract_violated"),
        (golden().header("origin", "http://evil.test"), "403 -32600 request_malformed"),
        (golden().header("origin", "null"), "403 -32600 request_malformed"),
    ] {
        check(&scene, ask, expected).await;
    }
}

#[tokio::test]
async fn a_body_that_is_no_message_is_the_protocols_own_error() {
    let scene = Scene::begin().await;
    let raw = |body: &str| Ask::new("POST", "/mcp").json(body);
    let typed =
        |content_type: &str| golden().without("content-type").header("content-type", content_type);
    for (ask, expected) in [
        (raw("{"), "400 -32700 request_malformed"),
        (raw("7"), "400 -32700 request_malformed"),
        (raw("[]"), "400 -32600 request_malformed"),
        (raw("{}"), "400 -32600 request_malformed"),
        (
            post(&json!({"jsonrpc": "1.0", "id": 1, "method": "ping"})),
            "400 -32600 request_malformed",
        ),
        (
            post(&json!({"jsonrpc": "2.0", "id": 1.5, "method": "ping"})),
            "400 -32600 request_malformed",
        ),
        (post(&json!({"jsonrpc": "2.0", "method": "tools/call"})), "403 -32601 operation_unknown"),
        (typed("text/plain"), "400 -32700 request_malformed"),
        (typed("application/json; charset=utf-16"), "400 -32700 request_malformed"),
        (golden().header("content-encoding", "gzip"), "400 -32700 request_malformed"),
        (Ask { target: "/mcp?token=x".to_owned(), ..golden() }, "400 -32600 request_malformed"),
        (Ask { target: "/mcp/more".to_owned(), ..golden() }, "403 -32602 operation_unknown"),
        (Ask { method: "PUT".to_owned(), ..golden() }, "405 -32601 operation_unknown"),
    ] {
        check(&scene, ask, expected).await;
    }
    let body =
        check(&scene, request("tools/call", json!({"name": 7})), "400 -32602 request_malformed")
            .await;
    assert_eq!(body["id"], 7, "an error names the request that it is about");
}

#[tokio::test]
async fn a_version_that_is_not_spoken_is_told_which_are() {
    let scene = Scene::begin().await;
    let mut ask = stateless("tools/list", json!({})).without("mcp-protocol-version");
    ask.body = String::from_utf8(ask.body).unwrap().replace(NEWEST, "2099-01-01").into_bytes();
    let ask = ask.header("mcp-protocol-version", "2099-01-01");
    let body = check(&scene, ask, "400 -32022 request_malformed").await;
    let told = &body["error"]["data"];
    assert_eq!((&told["supported"], &told["requested"]), (&json!([NEWEST]), &json!("2099-01-01")));
    let old = request("tools/list", json!({})).header("mcp-protocol-version", "2024-11-05");
    check(&scene, old, "400 -32022 request_malformed").await;
    let silent = post(&json!({"jsonrpc": "2.0", "id": 7, "method": "tools/list"}));
    let silent = silent.header("mcp-protocol-version", NEWEST).header("mcp-method", "tools/list");
    check(&scene, silent, "400 -32602 request_malformed").await;
}

#[tokio::test]
async fn whoever_shows_nothing_or_too_little_is_told_where_to_get_it() {
    let scene = Scene::begin().await;
    let metadata =
        "resource_metadata=\"http://gateway.test/.well-known/oauth-protected-resource/mcp\"";
    let reply = scene.world.send(&golden()).await;
    assert_eq!(verdict(&reply), "401 401 credential_missing");
    let challenge = reply.header("www-authenticate").unwrap();
    assert_eq!(challenge, format!("Bearer {metadata}"));
    let reply = scene.say(call("purge", json!({}))).await;
    let challenge = reply.header("www-authenticate").unwrap();
    let scopes = "Bearer error=\"insufficient_scope\", scope=\"tickets:purge\"";
    assert_eq!(challenge, format!("{scopes}, {metadata}"));
    assert_eq!(reply.json()["error"]["data"]["missing_scopes"], json!(["tickets:purge"]));
}

#[tokio::test]
async fn what_would_tell_of_the_hidden_is_refused_like_the_hidden() {
    let scene = Scene::begin().await;
    let complete = |reference: Value| {
        request(
            "completion/complete",
            json!({"ref": reference, "argument": {"name": "a", "value": ""}}),
        )
    };
    let listen = |uris: Value| {
        stateless("subscriptions/listen", json!({"notifications": {"resourceSubscriptions": uris}}))
    };
    let subscribe = |uri: &str| request("resources/subscribe", json!({"uri": uri}));
    let (prompt, resource) = ("ref/prompt", "ref/resource");
    for (ask, expected) in [
        (complete(json!({"type": prompt, "name": "summarize"})), "200"),
        (complete(json!({"type": prompt, "name": "close"})), "403 403 scope_missing"),
        (complete(json!({"type": prompt, "name": "none"})), "403 -32602 operation_unknown"),
        (complete(json!({"type": resource, "uri": "tickets://all/{id}"})), "200"),
        (complete(json!({"type": resource, "uri": "tickets://secret"})), "403 403 scope_missing"),
        (complete(json!({"type": "ref/tool", "name": "search"})), "400 -32602 request_malformed"),
        (subscribe("tickets://open"), "200"),
        (subscribe("tickets://secret"), "403 403 scope_missing"),
        (listen(json!(["tickets://open", "tickets://all/1"])), "200"),
        (listen(json!(["tickets://open", "tickets://secret"])), "403 403 scope_missing"),
        (listen(json!("tickets://secret")), "400 -32602 request_malformed"),
        (listen(json!([7])), "400 -32602 request_malformed"),
    ] {
        check(&scene, ask, expected).await;
    }
}
