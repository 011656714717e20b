//! A message of MCP that comes along is read as in line; what would have to pass through the
//! gateway is not vouched for.

use bailiwick_testkit::ask::Ask;
use bailiwick_testkit::world::{Choices, World};
use serde_json::{Value, json};

use crate::telling::{Way, tell, verdict};

/// Each way in which a message can come along.
const WITH_BODY: [Way; 3] = [Way::Forward("?body=forwarded"), Way::Http(true), Way::Grpc(true)];
const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";

async fn begin() -> World {
    let server = Some("http://127.0.0.1:9/mcp".to_owned());
    let world = World::begin_with(Choices { mcp: server, ..Choices::default() }).await;
    let tool = |name: &str, mask: Value| {
        let arguments = json!({"type": "object", "properties": {"amount": {"type": "integer"}}});
        let said = json!({"scopes": ["tickets:write"], "mask": mask});
        json!({"name": name, "inputSchema": arguments, "_meta": {"bailiwick": said}})
    };
    let tools = [tool("refund", json!({})), tool("account", json!({"pii": ["/name"]}))];
    world.describe("mcp", &json!({"mcp": "2025-11-25", "tools": tools}), true).await;
    world
}

fn message(world: &World, method: &str, params: &Value) -> Ask {
    let message = json!({"jsonrpc": "2.0", "id": 7, "method": method, "params": params});
    Ask::new("POST", "/mcp").json(&message.to_string()).digested().signed(&world.proof())
}

fn call(world: &World, tool: &str, arguments: &Value) -> Ask {
    let parent = format!("00-{TRACE}-00f067aa0ba902b7-01");
    let meta = json!({"traceparent": parent});
    let params = json!({"name": tool, "arguments": arguments, "_meta": meta});
    message(world, "tools/call", &params)
}

#[tokio::test]
async fn a_call_is_vouched_for_in_the_trace_that_it_names() {
    for way in WITH_BODY {
        let world = begin().await;
        let said = tell(&world, way, &call(&world, "refund", &json!({"amount": 7}))).await;
        assert_eq!((said.status, said.verdict.as_str()), (200, "200"), "{way:?}");
        assert!(said.all("traceparent")[0].contains(TRACE), "{said:?}");
        assert!(world.written().contains(TRACE), "{way:?}");
    }
}

#[tokio::test]
async fn a_policy_reads_what_is_called_with() {
    let small = r#"@id("small") forbid (principal, action == Action::"write", resource)
        unless {
            context.number.hasTag("body/amount") && context.number.getTag("body/amount") <= 100
        };"#;
    for way in WITH_BODY {
        let world = begin().await;
        world.activate(small).await;
        let of = |amount: i32| call(&world, "refund", &json!({"amount": amount}));
        assert_eq!(verdict(&world, way, &of(100)).await, "200", "{way:?}");
        assert_eq!(verdict(&world, way, &of(101)).await, "403 policy_denied", "{way:?}");
    }
}

#[tokio::test]
async fn an_answer_that_would_be_cut_or_masked_is_not_vouched_for() {
    for way in WITH_BODY {
        let world = begin().await;
        let list = message(&world, "tools/list", &json!({}));
        assert_eq!(verdict(&world, way, &list).await, "403 not_in_line", "{way:?}");
        let masked = || call(&world, "account", &json!({}));
        assert_eq!(verdict(&world, way, &masked()).await, "403 not_in_line", "{way:?}");
        let scopes = "tickets:write pii:unmask".parse().unwrap();
        world.change_agent(|agent| agent.scopes = scopes).await;
        assert_eq!(verdict(&world, way, &masked()).await, "200", "{way:?}");
    }
}
