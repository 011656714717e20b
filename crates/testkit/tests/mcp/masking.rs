//! What is labelled of an answer goes out masked, wherever a server says it, or not at all.

use bailiwick_testkit::ask::Ask;
use bailiwick_testkit::raw::Reply;
use serde_json::{Value, json};

use crate::{Scene, call, events, request, stateless, verdict};

const CARD: &str = "4111111111111111";

/// A server with a tool and a resource whose answers are labelled, in both ways, and a tool whose
/// are not.
async fn labelled() -> Scene {
    let scene = Scene::begin().await;
    let card = json!({"type": "string", "x-bailiwick": {"label": "pci"}});
    let said = json!({
        "scopes": ["tickets:read"], "mask": {"pii": ["/customer/name"]},
    });
    let account = json!({
        "name": "account",
        "inputSchema": {"type": "object"},
        "outputSchema": {
            "type": "object",
            "properties": {"cards": {"type": "array", "items": {"$ref": "#/$defs/card"}}},
            "$defs": {"card": card},
        },
        "_meta": {"bailiwick": said},
    });
    let plain = json!({
        "name": "search", "inputSchema": {"type": "object"},
        "_meta": {"bailiwick": {"scopes": ["tickets:read"]}},
    });
    let resource = json!({"uri": "tickets://account", "name": "account", "_meta": {
        "bailiwick": {"scopes": ["tickets:read"], "mask": {"pci": ["/cards/*"]}},
    }});
    let catalog = json!({"mcp": "2025-11-25", "tools": [account, plain], "resources": [resource]});
    scene.world.describe("mcp", &catalog, true).await;
    scene
}

fn structured() -> Value {
    json!({"cards": [CARD], "customer": {"name": "Anna", "id": 7}, "sum": 12.50})
}

fn result() -> Value {
    let structured = structured();
    let text = |text: String| json!({"type": "text", "text": text});
    let content = [text(structured.to_string()), text(format!("Anna pays by {CARD}"))];
    json!({"content": content, "structuredContent": structured, "_meta": {"widget": CARD}})
}

fn account() -> Ask {
    call("account", json!({}))
}

/// What the client is told, of which nothing is what is labelled.
fn told(reply: &Reply) -> String {
    let told = String::from_utf8(reply.body.clone()).unwrap();
    assert!(!told.contains("4111") && !told.contains("Anna"), "{told}");
    told
}

async fn may_unmask(scene: &Scene, scopes: &str) {
    let scopes = format!("tickets:read {scopes}").parse().unwrap();
    scene.world.change_agent(|agent| agent.scopes = scopes).await;
}

#[tokio::test]
async fn what_a_tool_answers_is_masked_and_its_text_with_it() {
    let scene = labelled().await;
    scene.server.result("tools/call", &result());
    let reply = scene.say(account()).await;
    told(&reply);
    let result = &reply.json()["result"];
    let masked = json!({"cards": ["***"], "customer": {"name": "***", "id": 7}, "sum": 12.5});
    assert_eq!((reply.status, &result["structuredContent"]), (200, &masked));
    let content = result["content"].as_array().unwrap();
    let text: Value = serde_json::from_str(content[0]["text"].as_str().unwrap()).unwrap();
    assert_eq!((content.len(), text), (1, masked));
    assert_eq!(reply.json()["id"], 7);
    let written = scene.world.written();
    assert!(written.contains(r#""labels":{"masked":["pci","pii"],"returned":[]}"#), "{written}");
    may_unmask(&scene, "pii:unmask").await;
    let reply = scene.say(account()).await;
    let shown = &reply.json()["result"]["structuredContent"];
    assert_eq!((&shown["customer"]["name"], &shown["cards"]), (&json!("Anna"), &json!(["***"])));
    assert!(!String::from_utf8_lossy(&reply.body).contains("4111"));
}

#[tokio::test]
async fn what_comes_in_a_stream_is_masked_too() {
    let scene = labelled().await;
    let progress = json!({"jsonrpc": "2.0", "method": "notifications/progress", "params": {}});
    let answer = json!({"jsonrpc": "2.0", "id": 7, "result": result()});
    let stream = format!(": hello\n\ndata: {progress}\n\nid: 2\ndata: {answer}\n\n");
    scene.server.say("tools/call", "text/event-stream", &stream);
    let reply = scene.say(account()).await;
    let told = told(&reply);
    assert!(told.starts_with(&format!(": hello\n\ndata: {progress}\n\nid: 2\n")), "{told}");
    let events = events(&reply);
    assert_eq!(events[1]["result"]["structuredContent"]["cards"], json!(["***"]));
    let written = scene.world.written();
    assert!(written.contains(r#""labels":{"masked":["pci","pii"],"returned":[]}"#), "{written}");
}

#[tokio::test]
async fn whoever_may_see_it_gets_the_answer_as_it_came() {
    let scene = labelled().await;
    may_unmask(&scene, "pii:unmask pci:unmask").await;
    let answer = json!({"jsonrpc": "2.0", "id": 7, "result": result()}).to_string();
    let large = json!({"jsonrpc": "2.0", "id": 7, "result": {"content": ["x".repeat(6 << 20)]}});
    for (content_type, body) in [
        ("application/json", answer.clone()),
        ("text/event-stream", format!("id: 1\r\ndata: {answer}\n\n")),
        ("application/json", large.to_string()),
        ("text/plain", CARD.to_owned()),
    ] {
        scene.server.say("tools/call", content_type, &body);
        let reply = scene.say(account()).await;
        assert_eq!((reply.status, reply.body == body.as_bytes()), (200, true), "{content_type}");
    }
    let written = scene.world.written();
    assert_eq!(
        written.matches(r#""labels":{"masked":[],"returned":["pci","pii"]}"#).count(),
        2,
        "{written}"
    );
    let masks = r#"@id("no-cards") @mask("pci") forbid (principal, action, resource);"#;
    scene.world.activate(masks).await;
    scene.server.result("tools/call", &result());
    let reply = scene.say(account()).await;
    let shown = &reply.json()["result"]["structuredContent"];
    assert_eq!((&shown["customer"]["name"], &shown["cards"]), (&json!("Anna"), &json!(["***"])));
    assert!(!String::from_utf8_lossy(&reply.body).contains("4111"), "whatever scopes are held");
}

#[tokio::test]
async fn an_answer_that_cannot_be_masked_is_kept_back() {
    let scene = labelled().await;
    let of = |result: Value| json!({"jsonrpc": "2.0", "id": 7, "result": result}).to_string();
    let text = json!([{"type": "text", "text": CARD}]);
    let both = json!({"jsonrpc": "2.0", "id": 7, "result": result(), "error": {}}).to_string();
    let twice = of(result()).replace(r#""id":7"#, r#""id":7,"result":{}"#);
    for body in [
        of(json!({"content": text})),
        of(json!({"content": text, "StructuredContent": {}})),
        of(json!({"task": {"taskId": CARD}})),
        of(json!([CARD])),
        json!([{"jsonrpc": "2.0", "id": 7, "result": result()}]).to_string(),
        both,
        twice,
        of(json!({"content": ["x".repeat(6 << 20)], "structuredContent": [CARD]})),
        CARD.to_owned(),
    ] {
        for (content_type, body) in
            [("application/json", body.clone()), ("text/event-stream", format!("data: {body}\n\n"))]
        {
            scene.server.say("tools/call", content_type, &body);
            told(&scene.say(account()).await);
        }
    }
    scene.server.say("tools/call", "text/plain", CARD);
    assert_eq!(verdict(&scene.say(account()).await), "502 -32603 upstream_failed");
    let written = scene.world.written();
    assert_eq!(written.matches(r#""code":"upstream_failed""#).count(), 19, "{written}");
}

#[tokio::test]
async fn what_is_no_answer_of_the_tools_goes_on() {
    let scene = labelled().await;
    let error = json!({"jsonrpc": "2.0", "id": 7, "error": {"code": -32603, "message": "no"}});
    scene.server.say("tools/call", "application/json", &error.to_string());
    assert_eq!(scene.say(account()).await.json(), error);
    let text = json!([{"type": "text", "text": format!("no account has {CARD}")}]);
    scene.server.result("tools/call", &json!({"isError": true, "content": text}));
    let reply = scene.say(account()).await;
    told(&reply);
    let failed = json!({"isError": true, "content": [{"type": "text", "text": "***"}]});
    assert_eq!(reply.json()["result"], failed);
    scene.server.result("tools/call", &result());
    let reply = scene.say(call("search", json!({}))).await;
    assert_eq!(reply.json()["result"], result(), "what is not labelled is passed");
}

#[tokio::test]
async fn the_text_of_a_resource_is_masked() {
    let scene = labelled().await;
    let read = || stateless("resources/read", json!({"uri": "tickets://account"}));
    let content = |text: &str| json!({"contents": [{"uri": "tickets://account", "text": text}]});
    scene.server.result("resources/read", &content(&structured().to_string()));
    let reply = scene.say(read()).await;
    let text = reply.json()["result"]["contents"][0]["text"].as_str().unwrap().to_owned();
    let text: Value = serde_json::from_str(&text).unwrap();
    assert_eq!((&text["cards"], &text["sum"]), (&json!(["***"]), &json!(12.5)));
    assert_eq!(text["customer"]["name"], "Anna", "another operation, other labels");
    scene.server.result("resources/read", &content(&format!("card {CARD}")));
    let blob = json!({"contents": [{"uri": "tickets://account", "blob": "NDExMQ=="}]});
    let number = json!({"cards": [CARD]}).to_string();
    told(&scene.say(read()).await);
    scene.server.result("resources/read", &blob);
    assert!(!String::from_utf8_lossy(&scene.say(read()).await.body).contains("NDEx"));
    scene.server.result("resources/read", &content(&number));
    told(&scene.say(read()).await);
}

/// MCP 2025-11-25, Resumability and Redelivery: a client breaks off, and has the answer told again
/// where nobody knows which call it is to.
#[tokio::test]
async fn an_answer_that_is_told_again_without_its_call_is_kept_back() {
    let scene = labelled().await;
    let answer = json!({"jsonrpc": "2.0", "id": 9, "result": result()});
    let read = json!({"jsonrpc": "2.0", "id": 8, "result": {"contents": [{"text": CARD}]}});
    let changed = json!({"jsonrpc": "2.0", "method": "notifications/tools/list_changed"});
    let pong = json!({"jsonrpc": "2.0", "id": 10, "result": {}});
    let other = json!({"jsonrpc": "2.0", "id": 7, "result": {"StructuredContent": CARD}});
    let text = json!({"jsonrpc": "2.0", "id": 6, "result": CARD});
    let said =
        [&answer, &read, &other, &text, &changed, &pong].map(|it| format!("id: 1\ndata: {it}\n\n"));
    scene.server.say("GET", "text/event-stream", &said.concat());
    may_unmask(&scene, "pii:unmask pci:unmask").await;
    let resumed = Ask::new("GET", "/mcp").header("last-event-id", "0");
    let reply = scene.say(resumed).await;
    told(&reply);
    let events = events(&reply);
    for (event, id) in events.iter().zip([9, 8, 7, 6]) {
        assert_eq!((&event["id"], &event["error"]["code"]), (&json!(id), &json!(-32603)));
    }
    assert_eq!(events[4..], [changed, pong]);
}

#[tokio::test]
async fn a_task_is_no_way_around_a_mask() {
    let scene = labelled().await;
    scene.server.result("tasks/result", &result());
    for ask in [
        request("tasks/result", json!({"taskId": "1"})),
        stateless("tasks/get", json!({"taskId": "1"})),
    ] {
        assert!(verdict(&scene.say(ask).await).ends_with("-32601 operation_unknown"));
    }
    assert!(scene.server.seen().is_empty());
}
