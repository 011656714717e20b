//! `bailiwick grant`: what one lets another do.

use clap::{Args, Subcommand};
use serde_json::Value;

use super::shown::{items, segment, text};
use crate::failure::Failure;
use crate::invocation::Invocation;
use crate::output::table;

/// See and end what people and agents let agents do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    List(Filter),
    Revoke(Named),
}

/// List grants, the newest first.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  bailiwick grant list --agent agt_… --limit 20")]
pub(crate) struct Filter {
    /// Only those that this agent may act by: its id.
    #[arg(long)]
    agent: Option<String>,
    /// Only those before this one.
    #[arg(long, value_name = "ID")]
    before: Option<String>,
    /// How many.
    #[arg(long, default_value_t = 100)]
    limit: u32,
}

/// End a grant, and everything that hangs on it, from the next request on.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  bailiwick grant revoke grt_…")]
pub(crate) struct Named {
    /// Its id, grt_….
    grant: String,
}

pub(crate) async fn run(command: &Command, invocation: &Invocation) -> Result<(), Failure> {
    match command {
        Command::List(filter) => list(filter, invocation).await,
        Command::Revoke(named) => revoke(named, invocation).await,
    }
}

async fn list(filter: &Filter, invocation: &Invocation) -> Result<(), Failure> {
    let mut query = vec![("limit", filter.limit.to_string())];
    query.extend(filter.agent.clone().map(|it| ("agent", it)));
    query.extend(filter.before.clone().map(|it| ("before", it)));
    let list = invocation.client()?.get("/api/v1/grants", &query).await?;
    invocation.output.say(&list, || {
        let columns = ["id", "agent", "person", "parent", "state", "expires_at", "scopes"];
        let row = |grant: &Value| columns.iter().map(|key| text(grant, key)).collect();
        let rows: Vec<Vec<String>> = items(&list, "grants").iter().map(row).collect();
        if rows.is_empty() {
            return "no grants".to_owned();
        }
        table(&["ID", "AGENT", "FOR", "OUT OF", "STATE", "EXPIRES", "SCOPES"], &rows)
    });
    Ok(())
}

async fn revoke(named: &Named, invocation: &Invocation) -> Result<(), Failure> {
    let path = format!("/api/v1/grants/{}", segment(&named.grant));
    let grant = invocation.client()?.delete(&path).await?;
    invocation
        .output
        .say(&grant, || format!("{} is {}", text(&grant, "id"), text(&grant, "state")));
    Ok(())
}
