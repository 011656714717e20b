//! Attacks on the protocol: each descends from a finding or from a section that warns of it.

use bailiwick_testkit::ask::Ask;
use serde_json::{Value, json};

use crate::{Scene, call, post, request, stateless, verdict};

async fn check(scene: &Scene, ask: Ask, expected: &str) {
    let reply = scene.say(ask).await;
    assert_eq!(verdict(&reply), expected, "{}", String::from_utf8_lossy(&reply.body));
    assert!(scene.server.seen().is_empty(), "{expected}");
}

/// MCP 2026-07-28, Server Validation: one goes by the field, and another by the body.
#[tokio::test]
async fn a_hidden_tool_is_not_called_behind_the_name_of_another() {
    let scene = Scene::begin().await;
    let hidden = json!({"name": "purge", "arguments": {}});
    let behind = request("tools/call", hidden.clone()).header("mcp-name", "search");
    check(&scene, behind, "400 -32020 mcp_header_mismatch").await;
    let behind = request("tools/call", hidden.clone()).header("mcp-method", "tools/list");
    check(&scene, behind, "400 -32020 mcp_header_mismatch").await;
    check(&scene, request("tools/call", hidden), "403 403 scope_missing").await;
    check(&scene, call("Purge", json!({})), "403 -32602 operation_unknown").await;
    check(&scene, call("purge ", json!({})), "400 -32020 mcp_header_mismatch").await;
}

/// RFC 8259, section 4: of members with one name readers take the first, the last, or either; and
/// encoding/json of Go takes them whatever their case.
#[tokio::test]
async fn no_two_readers_of_a_message_call_two_tools() {
    let scene = Scene::begin().await;
    let with = |members: &str| {
        let message = format!(r#"{{"jsonrpc":"2.0","id":1,"method":"tools/call",{members}}}"#);
        Ask::new("POST", "/mcp").json(&message)
    };
    for (members, expected) in [
        (r#""params":{"name":"search","name":"purge"}"#, "400 -32700 request_malformed"),
        (r#""params":{"name":"search","\u006eame":"purge"}"#, "400 -32700 request_malformed"),
        (r#""params":{"name":"search"},"params":{"name":"purge"}"#, "400 -32700 request_malformed"),
        (r#""params":{"name":"search","Name":"purge"}"#, "400 -32602 request_malformed"),
        (r#""params":{"name":"search"},"Params":{"name":"purge"}"#, "400 -32600 request_malformed"),
        (r#""params":{"name":"search","argumentſ":{}}"#, "400 -32602 request_malformed"),
    ] {
        check(&scene, with(members), expected).await;
    }
}

/// MCP 2025-06-18, changelog: batches were removed; whoever authorizes the first message of one
/// lets the others through.
#[tokio::test]
async fn nothing_rides_along_in_a_batch() {
    let scene = Scene::begin().await;
    let one = |name: &str| {
        let params = json!({"name": name});
        json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params})
    };
    check(&scene, post(&json!([one("search"), one("purge")])), "400 -32600 request_malformed")
        .await;
    let version = post(&json!([one("search")])).header("mcp-protocol-version", "2025-03-26");
    check(&scene, version, "400 -32600 request_malformed").await;
}

/// CWE-674, CWE-400: what is nested or large without end.
#[tokio::test]
async fn what_is_nested_or_large_without_end_is_refused() {
    let scene = Scene::begin().await;
    let nested = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    let params = format!(r#"{{"name":"search","a":{nested}}}"#);
    let message = format!(r#"{{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{params}}}"#);
    let nested = Ask::new("POST", "/mcp").json(&message);
    check(&scene, nested, "400 -32700 request_malformed").await;
    let large = call("search", json!({"query": "a".repeat(1024 * 1024)}));
    check(&scene, large, "413 -32600 body_too_large").await;
    let named = request(&"m".repeat(300), json!({}));
    check(&scene, named, "400 -32600 request_malformed").await;
}

/// CWE-22: a template of resources does not reach beyond itself.
#[tokio::test]
async fn a_resource_is_not_reached_by_another_spelling() {
    let scene = Scene::begin().await;
    let read = |uri: &str| request("resources/read", json!({"uri": uri}));
    for uri in [
        "tickets://all/../secret",
        "tickets://all/%2e%2e",
        "tickets://all/a%2fb",
        "tickets://all/a/b",
        "tickets://all/",
        "TICKETS://open",
        "tickets://open/",
        "tickets://op\ten",
        "tickets://all/{id}",
    ] {
        check(&scene, read(uri), "403 -32602 operation_unknown").await;
    }
    assert_eq!(verdict(&scene.say(read("tickets://all/7")).await), "200");
}

/// MCP 2025-11-25, Security Best Practices, Token Passthrough and Confused Deputy.
#[tokio::test]
async fn a_token_in_the_address_is_no_token() {
    let scene = Scene::begin().await;
    let token = scene.world.bearer(&scene.world.token()).replace("Bearer ", "access_token=");
    let ask = Ask { target: format!("/mcp?{token}"), ..stateless("tools/list", json!({})) };
    let reply = scene.world.send(&ask).await;
    assert_eq!(verdict(&reply), "401 401 credential_missing");
    check(&scene, ask, "400 -32600 request_malformed").await;
}

/// A request is signed with its body: nobody on the way calls another tool with it.
#[tokio::test]
async fn a_signed_call_is_not_turned_into_another() {
    let scene = Scene::begin().await;
    let ask = call("search", json!({"query": "late"})).digested().signed(&scene.world.proof());
    let body = String::from_utf8(ask.body.clone()).unwrap().replace("late", "gate").into_bytes();
    let reply = scene.world.send(&Ask { body, ..ask.clone() }).await;
    assert_eq!(verdict(&reply), "401 401 digest_mismatch");
    assert_eq!(verdict(&scene.world.send(&ask).await), "200");
    assert_eq!(verdict(&scene.world.send(&ask).await), "401 401 nonce_replayed");
    let seen: Vec<Value> = scene.seen("tools/call");
    assert_eq!(seen.len(), 1);
}
