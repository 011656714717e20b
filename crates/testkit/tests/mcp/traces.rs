//! The trace of a message: the one it names goes on, or one that its header fields name, and the
//! server, the record and whoever asks later find the same.

use bailiwick_testkit::ask::Ask;
use serde_json::{Value, json};

use crate::{NEWEST, Scene, post, request, verdict};

const ID: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
const PARENT: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
const OTHER: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00";

/// A call whose `_meta` says this beside what it has to say.
fn saying(tool: &str, said: Value) -> Ask {
    let mut meta = json!({
        "io.modelcontextprotocol/protocolVersion": NEWEST,
        "io.modelcontextprotocol/clientCapabilities": {},
        "progressToken": "p-1",
    });
    meta.as_object_mut().unwrap().extend(said.as_object().unwrap().clone());
    let arguments = json!({"query": "late"});
    let params = json!({"name": tool, "arguments": arguments, "_meta": meta});
    let ask = request("tools/call", params).header("mcp-protocol-version", NEWEST);
    ask.header("mcp-method", "tools/call").header("mcp-name", tool)
}

/// What reached the server: the field, what the message says, and its `tracestate` in both.
async fn sent(scene: &Scene, ask: Ask) -> (String, Value) {
    assert_eq!(verdict(&scene.say(ask).await), "200");
    let seen = scene.server.seen().pop().unwrap();
    let field = seen.headers["traceparent"].to_str().unwrap().to_owned();
    let meta = seen.message()["params"]["_meta"].clone();
    if let Some(said) = meta.get("traceparent") {
        assert_eq!(*said, field, "it agrees with itself");
        let states = seen.headers.get_all("tracestate").iter().map(|it| it.to_str().unwrap());
        let state = states.collect::<Vec<_>>().join(",");
        assert_eq!(meta.get("tracestate").and_then(Value::as_str).unwrap_or_default(), state);
    }
    for name in ["baggage", "Traceparent"] {
        assert!(meta.get(name).is_none(), "{name}");
    }
    (field, meta)
}

fn id(traceparent: &str) -> &str {
    traceparent.split('-').nth(1).unwrap()
}

#[tokio::test]
async fn the_trace_of_a_message_goes_on_to_the_server_and_into_the_record() {
    let scene = Scene::begin().await;
    let said = json!({
        "traceparent": PARENT, "tracestate": "vendor=1", "baggage": "user=anna",
        "Traceparent": OTHER,
    });
    let (field, meta) = sent(&scene, saying("search", said)).await;
    assert_eq!(id(&field), ID);
    assert_ne!(field, PARENT, "with the gateway's span as the parent");
    assert_eq!((&meta["tracestate"], &meta["progressToken"]), (&json!("vendor=1"), &json!("p-1")));
    let span = field.split('-').nth(2).unwrap();
    let recorded = format!(r#""trace":{{"span_id":"{span}","trace_id":"{ID}"}}"#);
    assert!(scene.world.written().contains(&recorded), "{}", scene.world.written());
    let seen = scene.server.seen().pop().unwrap().message();
    assert_eq!(seen["params"]["arguments"], json!({"query": "late"}));
}

#[tokio::test]
async fn what_is_refused_is_in_its_trace_too() {
    let scene = Scene::begin().await;
    let refused = saying("purge", json!({"traceparent": PARENT}));
    assert_eq!(verdict(&scene.say(refused).await), "403 403 scope_missing");
    assert!(scene.world.written().contains(ID));
}

#[tokio::test]
async fn a_field_goes_before_the_message() {
    let scene = Scene::begin().await;
    let ask = || saying("search", json!({"traceparent": OTHER, "tracestate": "of=other"}));
    let (field, meta) = sent(&scene, ask().header("traceparent", PARENT)).await;
    assert_eq!((id(&field), meta.get("tracestate")), (ID, None));
    let stated = ask().header("traceparent", PARENT).header("tracestate", "a=1");
    let (_, meta) = sent(&scene, stated.header("tracestate", "b=2")).await;
    assert_eq!(meta["tracestate"], "a=1,b=2");
    let malformed = ask().header("traceparent", "00-0-0-00").header("tracestate", "a=1");
    let (field, meta) = sent(&scene, malformed).await;
    assert_eq!((id(&field), &meta["tracestate"]), (id(OTHER), &json!("of=other")));
}

#[tokio::test]
async fn what_names_no_trace_begins_one() {
    let scene = Scene::begin().await;
    for parent in [
        json!("00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01"),
        json!("00-00000000000000000000000000000000-00f067aa0ba902b7-01"),
        json!(format!("{PARENT}\r\nx-agent-id: admin")),
        json!({"traceparent": PARENT}),
        json!(null),
    ] {
        let said = json!({"traceparent": parent, "tracestate": "vendor=1"});
        let (field, meta) = sent(&scene, saying("search", said)).await;
        assert_ne!(id(&field), ID);
        assert!(meta["traceparent"].is_string() && meta.get("tracestate").is_none(), "{meta}");
    }
    let (_, meta) = sent(&scene, saying("search", json!({"baggage": "user=anna"}))).await;
    assert!(meta["traceparent"].is_string());
    let silent = saying("search", json!({}));
    let body = silent.body.clone();
    let (_, meta) = sent(&scene, silent).await;
    assert!(meta.get("traceparent").is_none());
    assert_eq!(scene.server.seen().pop().unwrap().body, body, "the message as it was sent");
}

#[tokio::test]
async fn a_notification_is_in_a_trace_too() {
    let scene = Scene::begin().await;
    let params = json!({"requestId": 7, "_meta": {"traceparent": PARENT}});
    let cancelled =
        json!({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": params});
    assert_eq!(verdict(&scene.say(post(&cancelled)).await), "202");
    let seen = scene.server.seen().pop().unwrap();
    let said = seen.message()["params"]["_meta"]["traceparent"].clone();
    assert_eq!(
        (id(said.as_str().unwrap()), &said),
        (ID, &json!(seen.headers["traceparent"].to_str().unwrap()))
    );
}
