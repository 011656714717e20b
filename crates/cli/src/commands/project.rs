//! `bailiwick project`: where agents are, and how they come in by themselves.

use clap::{Args, Subcommand};
use serde_json::{Map, Value, json};

use super::shown::{items, segment, text};
use crate::failure::Failure;
use crate::invocation::Invocation;
use crate::output::{facts, table};

/// Add, list, show and change projects.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Add(Addition),
    /// List projects.
    List,
    Show(Named),
    Set(Change),
}

/// Add a project.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  bailiwick project add support --registration ask \
    --scope tickets:read --description 'tickets and refunds'")]
pub(crate) struct Addition {
    /// Its name: a-z, 0-9 and `-`. It never changes.
    name: String,
    #[command(flatten)]
    terms: Terms,
}

/// Change a project; it holds for whoever comes next.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  bailiwick project set default --registration closed")]
pub(crate) struct Change {
    #[command(flatten)]
    project: Named,
    /// Let agents without an invite be granted nothing.
    #[arg(long, conflicts_with = "scope")]
    no_scopes: bool,
    #[command(flatten)]
    terms: Terms,
}

#[derive(Debug, Args)]
struct Terms {
    /// What it is; told to whoever asks.
    #[arg(long, value_name = "TEXT")]
    description: Option<String>,
    /// How agents come in by themselves: closed, invite, ask or open.
    #[arg(long, value_name = "POLICY")]
    registration: Option<String>,
    /// A scope that agents without an invite may be granted; once for each.
    #[arg(long, value_name = "SCOPE")]
    scope: Vec<String>,
}

/// Show a project.
#[derive(Debug, Args)]
pub(crate) struct Named {
    /// Its name or id.
    project: String,
}

pub(crate) async fn run(command: &Command, invocation: &Invocation) -> Result<(), Failure> {
    let client = invocation.client()?;
    let project = match command {
        Command::List => return list(invocation).await,
        Command::Add(addition) => {
            let mut body = addition.terms.body();
            body.insert("name".into(), json!(addition.name));
            client.post("/api/v1/projects", &body.into()).await?
        }
        Command::Show(named) => client.get(&named.path(), &[]).await?,
        Command::Set(change) => {
            let mut body = change.terms.body();
            if change.no_scopes {
                body.insert("scopes".into(), json!([]));
            }
            if body.is_empty() {
                let nothing = Failure::usage("nothing to change");
                return Err(nothing.hint("name at least one of the options"));
            }
            client.patch(&change.project.path(), &body.into()).await?
        }
    };
    let keys = ["name", "id", "description", "registration", "scopes", "created_at", "updated_at"];
    invocation.output.say(&project, || facts(&keys.map(|key| (key, text(&project, key)))));
    Ok(())
}

async fn list(invocation: &Invocation) -> Result<(), Failure> {
    let list = invocation.client()?.list("/api/v1/projects", "projects", &[]).await?;
    invocation.output.say(&list, || {
        let columns = ["name", "registration", "scopes", "id", "description"];
        let row = |project: &Value| columns.iter().map(|key| text(project, key)).collect();
        let rows: Vec<Vec<String>> = items(&list, "projects").iter().map(row).collect();
        table(&["NAME", "REGISTRATION", "SCOPES", "ID", "DESCRIPTION"], &rows)
    });
    Ok(())
}

impl Terms {
    fn body(&self) -> Map<String, Value> {
        let mut body = Map::new();
        for (key, value) in
            [("description", &self.description), ("registration", &self.registration)]
        {
            if let Some(value) = value {
                body.insert(key.to_owned(), json!(value));
            }
        }
        if !self.scope.is_empty() {
            body.insert("scopes".into(), json!(self.scope));
        }
        body
    }
}

impl Named {
    fn path(&self) -> String {
        format!("/api/v1/projects/{}", segment(&self.project))
    }
}
