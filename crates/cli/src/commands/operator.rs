//! `bailiwick operator`: admin tokens, each with a role.

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::shown::{items, segment, text};
use crate::failure::Failure;
use crate::invocation::Invocation;
use crate::output::{facts, table};

/// Make and take away admin tokens.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Add(Addition),
    /// List the operators.
    List,
    Revoke(Named),
}

/// Make an admin token; it is shown this once.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  bailiwick operator add ci --role operator")]
pub(crate) struct Addition {
    /// What it is called, for people to read.
    name: String,
    /// What it may do: viewer, approver, operator or admin.
    #[arg(long)]
    role: String,
}

/// Take an admin token away, from the next request on.
#[derive(Debug, Args)]
pub(crate) struct Named {
    /// Its id, opr_….
    operator: String,
}

pub(crate) async fn run(command: &Command, invocation: &Invocation) -> Result<(), Failure> {
    match command {
        Command::Add(addition) => add(addition, invocation).await,
        Command::List => list(invocation).await,
        Command::Revoke(named) => revoke(named, invocation).await,
    }
}

async fn add(addition: &Addition, invocation: &Invocation) -> Result<(), Failure> {
    let body = json!({ "name": addition.name, "role": addition.role });
    let operator = invocation.client()?.post("/api/v1/operators", &body).await?;
    let keys = ["id", "name", "role", "admin_token"];
    invocation.output.say(&operator, || facts(&keys.map(|key| (key, text(&operator, key)))));
    Ok(())
}

async fn list(invocation: &Invocation) -> Result<(), Failure> {
    let list = invocation.client()?.get("/api/v1/operators", &[]).await?;
    invocation.output.say(&list, || {
        let columns = ["id", "name", "role", "state"];
        let row = |it: &Value| columns.iter().map(|key| text(it, key)).collect();
        let rows: Vec<Vec<String>> = items(&list, "operators").iter().map(row).collect();
        table(&["ID", "NAME", "ROLE", "STATE"], &rows)
    });
    Ok(())
}

async fn revoke(named: &Named, invocation: &Invocation) -> Result<(), Failure> {
    let path = format!("/api/v1/operators/{}", segment(&named.operator));
    let operator = invocation.client()?.delete(&path).await?;
    invocation
        .output
        .say(&operator, || format!("{} is {}", text(&operator, "id"), text(&operator, "state")));
    Ok(())
}
