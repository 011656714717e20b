//! The steps that only a message of MCP takes, beside those of any request.

use std::hint::black_box;
use std::sync::Arc;

use anyhow::{Context, Result, anyhow, ensure};
use bailiwick_domain::api::{Api, Enforcement, Kind, Mode};
use bailiwick_domain::credential::Strength;
use bailiwick_domain::mcp::TOOLS_CALL;
use bailiwick_gateway::routes::{Apis, Routed};
use bailiwick_gateway::speak::content::Content;
use bailiwick_gateway::speak::mcp::agreement;
use bailiwick_gateway::speak::mcp::listing::Listing;
use bailiwick_gateway::speak::mcp::visible::Visible;
use bailiwick_gateway::speak::message::Message;
use bailiwick_gateway::speak::verbatim;
use bailiwick_gateway::upstream::endpoint::Endpoint;
use bailiwick_store::api_documents::{Accepted, ApiDocument};
use http::{HeaderMap, HeaderValue};
use serde_json::{Value, json};

use super::step::Step;
use crate::maker::{self, HOST};

const TOOL: &str = "tool-7";
const REVISION: &str = "2026-07-28";

/// Message, fields and name; the arguments against the schema; their digest; a list.
pub(super) fn measure() -> Result<[Step; 4]> {
    let routed = routed()?;
    Ok([named(&routed)?, fitting(&routed)?, digest()?, listed(&routed)?])
}

fn named(routed: &Arc<Routed>) -> Result<Step> {
    let (body, headers) = (message(), fields());
    Step::time("MCP, a call of 1 KiB: message, fields, name, text of its arguments", |_| {
        let body = black_box(body.as_str());
        let message = Message::read(body.as_bytes()).map_err(|it| anyhow!("{}", it.reason))?;
        let agreed = agreement::check(&headers, &message);
        ensure!(agreed.is_ok(), "the fields do not agree: {agreed:?}");
        let call = message.calling().context("it calls nothing")?;
        let name = call.text("name").context("it names nothing")?;
        let found = routed.names.find(&call.method, name);
        ensure!(found.is_some(), "the tool is unknown");
        let params = verbatim::member(body, "params").context("it has no parameters")?;
        let text = verbatim::member(params, "arguments").map(verbatim::squeeze);
        ensure!(text.is_some_and(|text| text.len() > 700), "the arguments were found");
        Ok(())
    })
}

fn fitting(routed: &Arc<Routed>) -> Result<Step> {
    let operation = routed.names.find(TOOLS_CALL, TOOL).context("the tool is unknown")?;
    let bound = routed.service.bound(operation).context("the tool is not described")?;
    let arguments = arguments();
    Step::time("MCP, its arguments against the tool's schema", |_| {
        let fits = bound.contract.check_arguments(black_box(&arguments));
        ensure!(fits.is_ok(), "the arguments do not fit");
        Ok(())
    })
}

fn digest() -> Result<Step> {
    let text = arguments().to_string();
    Step::time("MCP, the digest of its arguments, for the record", |_| {
        let content = Content::new(TOOL.to_owned(), (Value::Null, text.clone()), &json!(7));
        ensure!(black_box(content.digest()) != &[0; 32], "there is a digest");
        Ok(())
    })
}

fn listed(routed: &Arc<Routed>) -> Result<Step> {
    let tools: Vec<Value> = (0..10).map(tool).collect();
    let answer = json!({"jsonrpc": "2.0", "id": 7, "result": {"tools": tools}}).to_string();
    let visible = Visible::of(routed.service.operations().iter().take(5));
    let listing = Listing::new(Arc::clone(routed), visible, None);
    Step::time("MCP, a list of ten tools cut to five", |_| {
        let cut = listing.cut(black_box(&answer))?.context("nothing was cut")?;
        ensure!(cut.len() < answer.len(), "nothing was cut");
        Ok(())
    })
}

fn arguments() -> Value {
    json!({"query": "late ".repeat(150), "limit": 20, "open": true})
}

fn message() -> String {
    let meta = json!({
        "io.modelcontextprotocol/protocolVersion": REVISION,
        "io.modelcontextprotocol/clientCapabilities": {},
    });
    let params = json!({"name": TOOL, "arguments": arguments(), "_meta": meta});
    json!({"jsonrpc": "2.0", "id": 7, "method": TOOLS_CALL, "params": params}).to_string()
}

fn fields() -> HeaderMap {
    let mut headers = HeaderMap::new();
    for (name, value) in
        [("mcp-protocol-version", REVISION), ("mcp-method", TOOLS_CALL), ("mcp-name", TOOL)]
    {
        headers.insert(name, HeaderValue::from_static(value));
    }
    headers
}

fn tool(number: usize) -> Value {
    json!({
        "name": format!("tool-{number}"),
        "description": "Finds what is asked for, and says where it is.",
        "inputSchema": {
            "type": "object",
            "properties": {
                "query": {"type": "string", "maxLength": 1000},
                "limit": {"type": "integer", "minimum": 1, "maximum": 100},
                "open": {"type": "boolean"},
            },
            "required": ["query"],
        },
        "_meta": {"bailiwick": {"scopes": ["tickets:read"]}},
    })
}

fn routed() -> Result<Arc<Routed>> {
    let api = Api {
        name: "mcp".into(),
        kind: Kind::Mcp,
        hosts: vec![HOST.to_owned()],
        prefix: "/mcp".to_owned(),
        upstream: "http://127.0.0.1:9/mcp".to_owned(),
        resource: format!("http://{HOST}/mcp"),
        proof: Strength::Bearer,
        mode: Mode::Enforce,
        pass_signature: false,
        workload_tokens: false,
        txn_token: false,
        described: true,
        contract: Enforcement::default(),
        operations: Vec::new(),
    };
    let endpoint = Endpoint::parse(&api.upstream, api.kind, None)?;
    let tools: Vec<Value> = (0..10).map(tool).collect();
    let catalog = json!({"mcp": "2025-11-25", "server": {"name": "a bench"}, "tools": tools});
    let accepted = Accepted {
        api: "mcp".to_owned(),
        version: 1,
        digest: "0".repeat(64),
        confirmed: String::new(),
        because: String::new(),
        accepted_by: String::new(),
        accepted_at: maker::now(),
    };
    let document = ApiDocument { accepted, document: catalog.to_string() };
    let apis = Apis::new([(api, endpoint, None)])?.with(&document);
    apis.find(HOST, "/mcp").cloned().context("no API")
}
