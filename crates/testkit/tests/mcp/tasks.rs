//! Tasks of 2025-11-25, and of the extension of 2026-07-28: who began one is not known here, and
//! what it came to would be told apart from its call. Nobody hears of them.

use serde_json::{Value, json};

use crate::{Scene, post, request, sessions, stateless, stateless_by, verdict};

const EXTENSION: &str = "io.modelcontextprotocol/tasks";

#[tokio::test]
async fn tasks_are_not_spoken() {
    let scene = Scene::begin().await;
    for method in ["get", "result", "list", "cancel", "update"] {
        let (method, params) = (format!("tasks/{method}"), json!({"taskId": "1"}));
        let reply = scene.say(stateless(&method, params.clone())).await;
        assert_eq!(verdict(&reply), "404 -32601 operation_unknown");
        let reply = scene.say(request(&method, params)).await;
        assert_eq!(verdict(&reply), "403 -32601 operation_unknown");
    }
    let told = json!({"jsonrpc": "2.0", "method": "notifications/tasks/status", "params": {}});
    assert_eq!(verdict(&scene.say(post(&told)).await), "403 -32601 operation_unknown");
    assert!(scene.server.seen().is_empty());
}

#[tokio::test]
async fn a_server_that_speaks_them_is_told_of_as_one_that_does_not() {
    let scene = Scene::begin().await;
    let can = json!({
        "tools": {"listChanged": true}, "tasks": {"requests": {"tools": {"call": {}}}},
        "extensions": {EXTENSION: {}, "test.acme/other": {}},
    });
    let result = json!({"protocolVersion": "2025-11-25", "capabilities": can, "ttlMs": 5});
    scene.server.result("initialize", &result);
    scene.server.result("server/discover", &result);
    for ask in [sessions::initialize(&json!({})), stateless("server/discover", json!({}))] {
        let told = scene.say(ask).await.json()["result"].clone();
        let can = json!({
            "tools": {"listChanged": true}, "extensions": {"test.acme/other": {}},
        });
        let expected = json!({"protocolVersion": "2025-11-25", "capabilities": can, "ttlMs": 5});
        assert_eq!(told, expected);
    }
}

#[tokio::test]
async fn a_call_that_asks_for_one_is_a_call() {
    let scene = Scene::begin().await;
    let params = || json!({"name": "search", "arguments": {"query": "task"}, "task": {"ttl": 5}});
    assert_eq!(verdict(&scene.say(request("tools/call", params())).await), "200");
    let speaks = json!({"extensions": {EXTENSION: {}, "test.acme/other": {}}, "roots": {}});
    let ask = stateless_by(&speaks, "tools/call", params());
    assert_eq!(verdict(&scene.say(ask).await), "200");
    let seen: Vec<Value> = scene.seen("tools/call");
    let call = json!({"name": "search", "arguments": {"query": "task"}});
    assert_eq!(seen[0]["params"], call);
    assert_eq!(seen[1]["params"]["arguments"], call["arguments"]);
    assert!(seen[1]["params"].get("task").is_none());
    let can = &seen[1]["params"]["_meta"]["io.modelcontextprotocol/clientCapabilities"];
    assert_eq!(*can, json!({"extensions": {"test.acme/other": {}}, "roots": {}}));
    assert_eq!(seen[1]["id"], 7);
}
