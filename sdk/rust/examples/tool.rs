//! A tool of an agent in Rig: whatever the model asks for, the gateway decides.
//!   `AGENT_FILE=summarizer.json API=… cargo run --example tool`
#![expect(clippy::disallowed_methods, reason = "a program reads its environment")]

use bailiwick_client::{BoxError, Client, Error, FileStore};
use rig_core::message::ToolName;
use rig_core::tool::{DynamicTool, ToolExecutionError as Failed, ToolOutput};
use serde_json::{Value, json};

fn read_ticket(agent: Client, api: String) -> Result<DynamicTool, BoxError> {
    let name = ToolName::new("read_ticket")?;
    let ticket = json!({"type": "object", "properties": {"id": {"type": "integer"}}});
    Ok(DynamicTool::new(name, "Reads one ticket of the help desk", ticket, move |asked| {
        let (agent, api) = (agent.clone(), api.clone());
        Box::pin(async move {
            let id = asked.get("id").and_then(Value::as_u64);
            let id = id.ok_or_else(|| Failed::invalid_args("which ticket?"))?;
            match agent.get(format!("{api}/tickets/{id}")).await {
                Ok(answer) => answer.text().await.map(ToolOutput::text).map_err(Failed::from_error),
                // What the model reads, so that it does not go on trying.
                Err(Error::Denied(why)) => Err(Failed::refused(why.to_string())),
                Err(error) => Err(Failed::from_error(error)),
            }
        })
    }))
}

#[tokio::main]
async fn main() -> Result<(), BoxError> {
    let store = FileStore::new(std::env::var("AGENT_FILE")?);
    let agent = Client::builder().store(store).build().await?;
    // An agent takes it with `AgentBuilder::dynamic_tools`, and runs it so when its model asks.
    let result = read_ticket(agent, std::env::var("API")?)?.execute(json!({"id": 7})).await;
    let told = result.unwrap_or_else(|failed| failed.model_output().clone());
    println!("{}", told.render());
    Ok(())
}
