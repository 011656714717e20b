//! A tool that agent frameworks take, over MCP: whatever the model asks for, the gateway decides.
//!   `AGENT_FILE=summarizer.json API=… cargo run --example tool`
#![expect(clippy::disallowed_methods, reason = "a program reads its environment")]

use bailiwick_client::{BoxError, Client, Error, FileStore};
use rmcp::handler::server::wrapper::Parameters;
use rmcp::{ServiceExt, schemars, tool, tool_router, transport::stdio};

struct HelpDesk {
    agent: Client,
    api: String,
}

#[derive(serde::Deserialize, schemars::JsonSchema)]
struct Ticket {
    /// The ticket's number.
    id: u32,
}

#[tool_router(server_handler)]
impl HelpDesk {
    #[tool(description = "Reads one ticket of the help desk")]
    async fn read_ticket(&self, ticket: Parameters<Ticket>) -> Result<String, String> {
        match self.agent.get(format!("{}/tickets/{}", self.api, ticket.0.id)).await {
            Ok(answer) => answer.text().await.map_err(|error| error.to_string()),
            // What the model reads, so that it does not go on trying.
            Err(Error::Denied(denial)) => Err(format!("refused: {denial}")),
            Err(_) => Err("the help desk does not answer".to_owned()),
        }
    }
}

#[tokio::main]
async fn main() -> Result<(), BoxError> {
    let agent =
        Client::builder().store(FileStore::new(std::env::var("AGENT_FILE")?)).build().await?;
    HelpDesk { agent, api: std::env::var("API")? }.serve(stdio()).await?.waiting().await?;
    Ok(())
}
