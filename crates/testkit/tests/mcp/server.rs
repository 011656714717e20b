//! A server of MCP that remembers what reached it, and says what a test has it say.

use std::collections::HashMap;
use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use http::{HeaderMap, Method, Request, Response};
use http_body_util::{BodyExt, Collected, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto::Builder;
use serde_json::{Value, json};
use tokio::net::TcpListener;

/// A request that reached it.
#[derive(Debug, Clone)]
pub(crate) struct Seen {
    pub(crate) method: Method,
    pub(crate) target: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Seen {
    pub(crate) fn message(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }
}

/// What it says to a method: a content type and a body.
type Said = (&'static str, String);

#[derive(Clone)]
pub(crate) struct Server {
    address: SocketAddr,
    seen: Arc<Mutex<Vec<Seen>>>,
    says: Arc<Mutex<HashMap<&'static str, Said>>>,
}

/// The tools as it lists them.
pub(crate) fn tools() -> Value {
    let schema = json!({
        "type": "object",
        "properties": {"query": {"type": "string"}, "limit": {"type": "integer"}},
        "required": ["query"],
    });
    let region = json!({
        "type": "object",
        "properties": {"region": {"type": "string", "x-mcp-header": "Region"}},
    });
    let payout = json!({"type": "object", "properties": {"amount": {"type": "number"}}});
    json!([
        {"name": "search", "description": "Finds tickets.", "inputSchema": schema},
        {"name": "purge", "description": "Deletes all.", "inputSchema": {"type": "object"}},
        {"name": "route", "description": "Routes a ticket.", "inputSchema": region},
        {"name": "pay", "description": "Pays somebody.", "inputSchema": payout},
    ])
}

impl Server {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let server = Self { address, seen: Arc::default(), says: Arc::default() };
        let serving = server.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let server = serving.clone();
                tokio::spawn(async move {
                    let service = service_fn(move |request| {
                        let server = server.clone();
                        async move { Ok::<_, Infallible>(server.answer(request).await) }
                    });
                    let builder = Builder::new(TokioExecutor::new());
                    let _ = builder.serve_connection(TokioIo::new(stream), service).await;
                });
            }
        });
        server
    }

    /// Its endpoint.
    pub(crate) fn url(&self) -> String {
        format!("http://{}/server/mcp", self.address)
    }

    /// What has reached it.
    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }

    /// Has it say something else to a method.
    pub(crate) fn say(&self, method: &'static str, content_type: &'static str, body: &str) {
        self.says.lock().unwrap().insert(method, (content_type, body.to_owned()));
    }

    /// Has it answer a request with this result.
    pub(crate) fn result(&self, method: &'static str, result: &Value) {
        let message = json!({"jsonrpc": "2.0", "id": 7, "result": result});
        self.say(method, "application/json", &message.to_string());
    }

    async fn answer(&self, request: Request<Incoming>) -> Response<Full<Bytes>> {
        let (parts, body) = request.into_parts();
        let body = body.collect().await.map(Collected::to_bytes).unwrap_or_default();
        let (method, target) = (parts.method, parts.uri.to_string());
        let seen = Seen { method, target, headers: parts.headers, body };
        self.seen.lock().unwrap().push(seen.clone());
        let message = seen.message();
        let named = match seen.method.as_str() {
            "POST" => message["method"].as_str().unwrap_or("response").to_owned(),
            other => other.to_owned(),
        };
        let response = Response::builder();
        let response = match named.as_str() {
            "initialize" => response.header("mcp-session-id", "session-of-the-server"),
            // As servers do that name it in every answer.
            _ => match seen.headers.get("mcp-session-id") {
                Some(session) => response.header("mcp-session-id", session),
                None => response,
            },
        };
        let said = self.says.lock().unwrap().get(named.as_str()).cloned();
        let is_answered = message.get("id").is_some() && message.get("method").is_some();
        let (content_type, body) = match said {
            Some(said) => said,
            None if !is_answered => {
                let accepted = response.status(if seen.method == "POST" { 202 } else { 200 });
                return accepted.body(Full::default()).unwrap();
            }
            None => ("application/json", result_of(&named, &message).to_string()),
        };
        let response = response.header("content-type", content_type);
        response.body(Full::from(body.into_bytes())).unwrap()
    }
}

fn result_of(method: &str, message: &Value) -> Value {
    let result = match method {
        "tools/list" => json!({
            "tools": tools(), "nextCursor": "page-2", "ttlMs": 1000, "cacheScope": "public",
        }),
        "resources/list" => json!({"resources": [
            {"uri": "tickets://open", "name": "open"},
            {"uri": "tickets://secret", "name": "secret"},
        ]}),
        "resources/templates/list" => json!({"resourceTemplates": [
            {"uriTemplate": "tickets://all/{id}", "name": "one"},
        ]}),
        "prompts/list" => json!({"prompts": [
            {"name": "summarize", "arguments": [{"name": "id", "required": true}]},
            {"name": "close"},
        ]}),
        "tools/call" => json!({"content": [{"type": "text", "text": message["params"]["name"]}]}),
        _ => json!({}),
    };
    json!({"jsonrpc": "2.0", "id": message["id"], "result": result})
}
