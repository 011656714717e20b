//! The Model Context Protocol at the gateway: what a client gets that speaks it, and what an
//! attacker does not.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that panics has failed")]
#![expect(clippy::needless_pass_by_value, reason = "parameters are written where they are passed")]

mod approvals;
mod attacks;
mod lists;
mod masking;
mod passing;
mod policies;
mod refusals;
mod server;
mod sessions;
mod tasks;
mod traces;

use bailiwick_domain::agent::Agent;
use bailiwick_domain::credential::Algorithm;
use bailiwick_domain::id::{AgentId, KeyId};
use bailiwick_proof::keys::SigningKey;
use bailiwick_testkit::ask::Ask;
use bailiwick_testkit::raw::Reply;
use bailiwick_testkit::sources::entropy;
use bailiwick_testkit::world::{Choices, World};
use serde_json::{Value, json};
use server::Server;

pub(crate) const NEWEST: &str = "2026-07-28";

/// A world with a server of MCP in it, whose catalog was accepted.
pub(crate) struct Scene {
    pub(crate) world: World,
    pub(crate) server: Server,
}

impl Scene {
    pub(crate) async fn begin() -> Self {
        let server = Server::start().await;
        let choices = Choices { mcp: Some(server.url()), ..Choices::default() };
        let world = World::begin_with(choices).await;
        world.describe("mcp", &catalog(), true).await;
        Self { world, server }
    }

    /// Sends a message signed by the agent.
    pub(crate) async fn say(&self, ask: Ask) -> Reply {
        self.world.send(&ask.digested().signed(&self.world.proof())).await
    }

    /// What the server has seen of a method.
    pub(crate) fn seen(&self, method: &str) -> Vec<Value> {
        let seen = self.server.seen();
        seen.into_iter().map(|it| it.message()).filter(|it| it["method"] == method).collect()
    }

    /// Another agent that may do the same, and its key.
    pub(crate) async fn another_agent(&self) -> SigningKey {
        let key = SigningKey::generate(Algorithm::Ed25519, &entropy(9)).unwrap();
        let (id, name) = (AgentId::from_bits(2), "another".parse().unwrap());
        let other = Agent { id, name, ..self.world.agent.clone() };
        self.world.add_agent(&other).await;
        self.world.add_key(KeyId::from_bits(9), other.id, &key).await;
        key
    }
}

/// What the server offers, as it was accepted. The agent holds `tickets:read` and `tickets:write`,
/// and not `tickets:purge`.
pub(crate) fn catalog() -> Value {
    let mut tools = server::tools();
    for (place, scope) in
        ["tickets:read", "tickets:purge", "tickets:write", "tickets:write"].into_iter().enumerate()
    {
        tools[place]["_meta"] = json!({"bailiwick": {"scopes": [scope]}});
    }
    tools[3]["_meta"]["bailiwick"]["approval"] = "always".into();
    let read = json!({"bailiwick": {"scopes": ["tickets:read"]}});
    let admin = json!({"bailiwick": {"scopes": ["tickets:purge"]}});
    json!({
        "mcp": "2025-11-25",
        "server": {"name": "tickets", "version": "1"},
        "instructions": "Be kind.",
        "tools": tools,
        "resources": [
            {"uri": "tickets://open", "name": "open", "_meta": read},
            {"uri": "tickets://secret", "name": "secret", "_meta": admin},
        ],
        "resourceTemplates": [
            {"uriTemplate": "tickets://all/{id}", "name": "one", "_meta": read},
        ],
        "prompts": [
            {"name": "summarize", "arguments": [{"name": "id", "required": true}], "_meta": read},
            {"name": "close", "_meta": admin},
        ],
    })
}

/// A message to the endpoint.
pub(crate) fn post(message: &Value) -> Ask {
    let ask = Ask::new("POST", "/mcp").json(&message.to_string());
    ask.header("accept", "application/json, text/event-stream")
}

/// A request of a revision with sessions.
pub(crate) fn request(method: &str, params: Value) -> Ask {
    post(&json!({"jsonrpc": "2.0", "id": 7, "method": method, "params": params}))
}

/// A request of the revision without sessions, that says everything twice.
pub(crate) fn stateless(method: &str, params: Value) -> Ask {
    stateless_by(&json!({}), method, params)
}

/// The same from a client with these capabilities.
pub(crate) fn stateless_by(capabilities: &Value, method: &str, mut params: Value) -> Ask {
    params["_meta"] = json!({
        "io.modelcontextprotocol/protocolVersion": NEWEST,
        "io.modelcontextprotocol/clientCapabilities": capabilities,
    });
    let name = params["uri"].as_str().or(params["name"].as_str()).map(str::to_owned);
    let ask = request(method, params).header("mcp-protocol-version", NEWEST);
    let ask = ask.header("mcp-method", method);
    match name {
        Some(name) => ask.header("mcp-name", &name),
        None => ask,
    }
}

/// A call of a tool.
pub(crate) fn call(tool: &str, arguments: Value) -> Ask {
    stateless("tools/call", json!({"name": tool, "arguments": arguments}))
}

/// Status, number of the error, and code of the denial: `403 -32602 operation_unknown`; of what was
/// let through, the status alone.
pub(crate) fn verdict(reply: &Reply) -> String {
    let json = reply.json();
    match json.get("error") {
        Some(error) => {
            let code = error["data"]["code"].as_str().unwrap_or("–").to_owned();
            format!("{} {} {code}", reply.status, error["code"])
        }
        None => reply.status.to_string(),
    }
}

/// The messages of a stream of events, and the one that answers.
pub(crate) fn events(reply: &Reply) -> Vec<Value> {
    let text = String::from_utf8(reply.body.clone()).unwrap();
    let data = text.lines().filter_map(|line| line.strip_prefix("data:"));
    data.filter_map(|data| serde_json::from_str(data.trim()).ok()).collect()
}

/// The names in a list of an answer.
pub(crate) fn names(result: &Value, list: &str, name: &str) -> Vec<String> {
    let listed = result[list].as_array().unwrap();
    listed.iter().map(|it| it[name].as_str().unwrap().to_owned()).collect()
}
