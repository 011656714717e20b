//! A small MCP server with one tool, as it stands behind the gateway.

use axum::Router;
use axum::extract::Json;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, StatusCode};
use serde_json::{Value, json};
use tokio::net::TcpListener;

/// Starts one on any port of the loopback, and tells its origin; it ends with the runtime.
pub(crate) async fn start() -> String {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let origin = format!("http://{}", listener.local_addr().unwrap());
    let serving = axum::serve(listener, Router::new().route("/mcp", post(answer)));
    tokio::spawn(serving.into_future());
    origin
}

async fn answer(headers: HeaderMap, Json(message): Json<Value>) -> Response {
    let (id, method) = (&message["id"], message["method"].as_str().unwrap());
    let result = match method {
        _ if id.is_null() => return StatusCode::ACCEPTED.into_response(),
        "initialize" => json!({
            "protocolVersion": "2025-11-25",
            "capabilities": {"tools": {}},
            "serverInfo": {"name": "help-desk", "version": "1.0.0"},
        }),
        "tools/list" => {
            let tool = json!({"name": "count_tickets", "inputSchema": {"type": "object"}});
            json!({"tools": [tool]})
        }
        "tools/call" => {
            let (agent, state) = (&headers["x-agent-id"], &message["params"]["arguments"]["state"]);
            let text = format!("3 {} for {}", state.as_str().unwrap(), agent.to_str().unwrap());
            let result = json!({"content": [{"type": "text", "text": text}]});
            let event = json!({"jsonrpc": "2.0", "id": id, "result": result});
            let kind = [(CONTENT_TYPE, "text/event-stream")];
            return (kind, format!("data: {event}\n\n")).into_response();
        }
        _ => {
            let error = json!({"code": -32601, "message": "no such method"});
            return Json(json!({"jsonrpc": "2.0", "id": id, "error": error})).into_response();
        }
    };
    Json(json!({"jsonrpc": "2.0", "id": id, "result": result})).into_response()
}
