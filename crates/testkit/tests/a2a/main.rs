//! The Agent2Agent protocol at the gateway: what a client gets that speaks it, and what an attacker
//! does not.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that panics has failed")]
#![expect(clippy::needless_pass_by_value, reason = "parameters are written where they are passed")]

mod approvals;
mod cards;
mod messages;
mod refusals;
mod signed;
mod tasks;

use bailiwick_testkit::ask::Ask;
use bailiwick_testkit::raw::Reply;
use bailiwick_testkit::upstream::Upstream;
use bailiwick_testkit::world::{Choices, World};
use serde_json::{Value, json};

/// Under what a message names its skill.
pub(crate) const SKILL: &str = "urn:bailiwick:a2a:skill";

/// A world with an agent in it that speaks A2A, whose card was accepted.
pub(crate) struct Scene {
    pub(crate) world: World,
    pub(crate) agent: Upstream,
}

impl Scene {
    /// With an agent of three skills, of which `purge` asks for a scope that nobody holds.
    pub(crate) async fn begin() -> Self {
        Self::with(|_| ()).await
    }

    /// With that agent's card changed.
    pub(crate) async fn with(change: impl FnOnce(&mut Value)) -> Self {
        Self::beginning(Choices::default(), change).await
    }

    /// With that in a world of these choices.
    pub(crate) async fn beginning(choices: Choices, change: impl FnOnce(&mut Value)) -> Self {
        let agent = Upstream::start().await;
        let url = format!("http://{}", agent.address);
        let choices = Choices { a2a: Some(url.clone()), ..choices };
        let world = World::begin_with(choices).await;
        let mut card = card(&url);
        change(&mut card);
        world.describe("agent", &card, true).await;
        Self { world, agent }
    }

    /// Sends a request signed by the agent.
    pub(crate) async fn say(&self, ask: Ask) -> Reply {
        self.world.send(&ask.digested().signed(&self.world.proof())).await
    }

    /// Says it, and expects a verdict; what is refused reaches nobody.
    pub(crate) async fn check(&self, ask: Ask, expected: &str) -> Value {
        let before = self.agent.seen().len();
        let asked = format!("{} {} {}", ask.method, ask.target, String::from_utf8_lossy(&ask.body));
        let reply = self.say(ask).await;
        assert_eq!(verdict(&reply), expected, "{asked}: {}", String::from_utf8_lossy(&reply.body));
        let passed = expected == "200";
        assert_eq!(self.agent.seen().len(), before + usize::from(passed), "{asked}");
        if passed { Value::Null } else { reply.json() }
    }
}

/// The agent's card. The caller holds `tickets:read` and `tickets:write`, and not `tickets:purge`.
pub(crate) fn card(url: &str) -> Value {
    let skill = |id: &str, scope: &str| {
        json!({
            "id": id, "name": id, "description": format!("Does {id}."), "tags": ["tickets"],
            "securityRequirements": [{"schemes": {"oauth": {"list": [scope]}}}],
        })
    };
    json!({
        "name": "Tickets", "description": "Works on tickets.", "version": "1",
        "supportedInterfaces": [
            {"url": format!("{url}/rpc"), "protocolBinding": "JSONRPC", "protocolVersion": "1.0"},
            {"url": format!("{url}/v1"), "protocolBinding": "HTTP+JSON", "protocolVersion": "1.0"},
            {"url": format!("{url}/old"), "protocolBinding": "JSONRPC", "protocolVersion": "0.3"},
        ],
        "capabilities": {"streaming": true, "extendedAgentCard": true},
        "securitySchemes": {"oauth": {"oauth2SecurityScheme": {"flows": {"clientCredentials": {
            "tokenUrl": "https://issuer.test/token",
            "scopes": {"tickets:read": "", "tickets:write": "", "tickets:purge": ""},
        }}}}},
        "defaultInputModes": ["text/plain"], "defaultOutputModes": ["text/plain"],
        "skills": [
            skill("summarize", "tickets:read"),
            skill("close", "tickets:write"),
            skill("purge", "tickets:purge"),
        ],
    })
}

/// The same agent, without the skill that nobody may use.
pub(crate) fn without_purge(card: &mut Value) {
    card["skills"].as_array_mut().unwrap().pop();
}

/// A message, for a skill where one is named.
pub(crate) fn message(skill: Option<&str>, text: &str) -> Value {
    let mut message = json!({"messageId": "m-1", "role": "ROLE_USER", "parts": [{"text": text}]});
    if let Some(skill) = skill {
        message["metadata"] = json!({SKILL: skill});
    }
    json!({"message": message})
}

/// A request by JSON-RPC.
pub(crate) fn rpc(method: &str, params: Value) -> Ask {
    let body = json!({"jsonrpc": "2.0", "id": 7, "method": method, "params": params});
    Ask::new("POST", "/agent/rpc").json(&body.to_string()).header("a2a-version", "1.0")
}

/// A request over HTTP with JSON.
pub(crate) fn http(method: &str, path: &str, body: Option<Value>) -> Ask {
    let ask = Ask::new(method, &format!("/agent/v1/{path}")).header("a2a-version", "1.0");
    match body {
        Some(body) => ask.json(&body.to_string()),
        None => ask,
    }
}

/// Status, number of the error by JSON-RPC or name of its status over HTTP, and code of the denial;
/// of what was let through, the status alone.
pub(crate) fn verdict(reply: &Reply) -> String {
    let Ok(json) = serde_json::from_slice::<Value>(&reply.body) else {
        return reply.status.to_string();
    };
    let Some(error) = json.get("error") else { return reply.status.to_string() };
    let (of, code) = match error.get("status").and_then(Value::as_str) {
        Some(status) => (status.to_owned(), &json["code"]),
        None => (error["code"].to_string(), &error["data"][1]["value"]["code"]),
    };
    format!("{} {of} {}", reply.status, code.as_str().unwrap_or("–"))
}
