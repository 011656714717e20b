//! An MCP client over HTTP: each of its requests is signed, and nothing else about it changes.
//!   `AGENT_FILE=summarizer.json MCP_URL=… cargo run --features mcp --example mcp`
#![expect(clippy::disallowed_methods, reason = "a program reads its environment")]

use std::env::var;

use bailiwick_client::{BoxError, Client, FileStore};
use rmcp::ServiceExt;
use rmcp::model::CallToolRequestParams;
use serde_json::{Map, json};

#[tokio::main]
async fn main() -> Result<(), BoxError> {
    let agent = Client::builder().store(FileStore::new(var("AGENT_FILE")?)).build().await?;
    let client = ().serve(agent.mcp(var("MCP_URL")?)).await?;
    for tool in client.list_all_tools().await? {
        println!("{}", tool.name);
    }
    let arguments = Map::from_iter([("state".to_owned(), json!("open"))]);
    let call = CallToolRequestParams::new("count_tickets").with_arguments(arguments);
    let result = client.call_tool(call).await?;
    for text in result.content.iter().filter_map(|part| part.as_text()) {
        println!("{}", text.text);
    }
    client.cancel().await?;
    Ok(())
}
