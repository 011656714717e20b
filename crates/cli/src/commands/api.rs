//! `bailiwick api`: what is behind the gateway.

use clap::{Args, Subcommand};
use serde_json::Value;

use super::api_document::{self, Accept, Diff, Import};
use super::shown::{items, segment, text};
use crate::failure::Failure;
use crate::invocation::Invocation;
use crate::output::{facts, table};

/// List and show the APIs behind the gateway, and what describes them.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// List the APIs.
    List,
    Show(Named),
    Import(Import),
    Diff(Diff),
    Accept(Accept),
}

/// Show an API and what it can be asked to do.
#[derive(Debug, Args)]
pub(crate) struct Named {
    /// Its name in the configuration.
    api: String,
}

pub(crate) async fn run(command: &Command, invocation: &Invocation) -> Result<(), Failure> {
    match command {
        Command::List => list(invocation).await,
        Command::Show(named) => show(named, invocation).await,
        Command::Import(import) => api_document::import(import, invocation).await,
        Command::Diff(diff) => api_document::diff(diff, invocation).await,
        Command::Accept(accept) => api_document::accept(accept, invocation).await,
    }
}

async fn list(invocation: &Invocation) -> Result<(), Failure> {
    let list = invocation.client()?.get("/api/v1/apis", &[]).await?;
    invocation.output.say(&list, || {
        let row = |api: &Value| {
            let mut cells: Vec<String> = ["name", "kind", "host", "prefix", "upstream", "proof"]
                .map(|key| text(api, key))
                .into();
            cells.push(items(api, "operations").len().to_string());
            cells
        };
        let rows: Vec<Vec<String>> = items(&list, "apis").iter().map(row).collect();
        if rows.is_empty() {
            return "no APIs; describe one as [[api]] in bailiwick.toml".to_owned();
        }
        table(&["NAME", "KIND", "HOST", "PREFIX", "UPSTREAM", "PROOF", "OPERATIONS"], &rows)
    });
    Ok(())
}

async fn show(named: &Named, invocation: &Invocation) -> Result<(), Failure> {
    let path = format!("/api/v1/apis/{}", segment(&named.api));
    let api = invocation.client()?.get(&path, &[]).await?;
    invocation.output.say(&api, || {
        let keys =
            ["name", "kind", "resource", "host", "prefix", "upstream", "proof", "pass_signature"];
        let head = facts(&keys.map(|key| (key, text(&api, key))));
        let columns = ["method", "path", "scopes", "limit", "sensitivity", "approval"];
        let row = |operation: &Value| columns.iter().map(|key| text(operation, key)).collect();
        let rows: Vec<Vec<String>> = items(&api, "operations").iter().map(row).collect();
        format!(
            "{head}\n\n{}",
            table(&["METHOD", "PATH", "SCOPES", "LIMIT", "SENSITIVITY", "APPROVAL"], &rows)
        )
    });
    Ok(())
}
