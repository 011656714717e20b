//! `bailiwick task`: authority for one purpose, which ends when the task does.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::asking::Asking;
use super::shown::{items, segment, text};
use crate::failure::Failure;
use crate::invocation::Invocation;
use crate::output::{facts, table};
use crate::span::Span;

/// Open, close and list tasks.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Open(Fresh),
    Close(Named),
    List(Filter),
}

/// Open a task for an agent. With --key the agent opens it itself, and gets a token.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    bailiwick task open refund-processor --purpose \"refund order 7\" \\\n      \
    --scope refunds:write --calls 3\n  \
    bailiwick task open --key k.jwk --purpose \"close stale tickets\" --ttl 15m")]
pub(crate) struct Fresh {
    /// The agent that is to do it: its name or id. With --key, the agent itself when left out.
    #[arg(required_unless_present = "key")]
    agent: Option<String>,
    /// What it is for.
    #[arg(long)]
    purpose: String,
    /// The project of the name; `default` when left out.
    #[arg(long, conflicts_with = "key")]
    project: Option<String>,
    /// The file with the private key of the agent that opens it.
    #[arg(long, value_name = "FILE")]
    key: Option<PathBuf>,
    /// A token of that agent's, to open the task below what it may do.
    #[arg(long, value_name = "TOKEN", requires = "key")]
    below: Option<String>,
    /// A scope; everything it may have when left out.
    #[arg(long, value_name = "SCOPE")]
    scope: Vec<String>,
    /// An API's resource identifier; when left out, those that use one of the scopes.
    #[arg(long, value_name = "URL")]
    resource: Vec<String>,
    /// How long it lasts, as in 15m.
    #[arg(long, default_value = "15m")]
    ttl: Span,
    /// The most requests.
    #[arg(long)]
    calls: Option<u32>,
    /// The most requests that change something.
    #[arg(long)]
    writes: Option<u32>,
    /// The most DELETE requests.
    #[arg(long)]
    deletes: Option<u32>,
}

/// Close a task: its tokens are good for nothing from the next request on.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  bailiwick task close tsk_…")]
pub(crate) struct Named {
    /// Its id, tsk_….
    task: String,
    /// The file with the private key of the agent that closes it; the operator does without.
    #[arg(long, value_name = "FILE")]
    key: Option<PathBuf>,
}

/// List tasks, the newest first.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  bailiwick task list --limit 20")]
pub(crate) struct Filter {
    /// Only those of this agent: its id.
    #[arg(long)]
    agent: Option<String>,
    /// Only those before this one.
    #[arg(long, value_name = "ID")]
    before: Option<String>,
    /// How many.
    #[arg(long, default_value_t = 100)]
    limit: u32,
}

pub(crate) async fn run(command: &Command, invocation: &Invocation) -> Result<(), Failure> {
    match command {
        Command::Open(fresh) => open(fresh, invocation).await,
        Command::Close(named) => close(named, invocation).await,
        Command::List(filter) => list(filter, invocation).await,
    }
}

async fn open(fresh: &Fresh, invocation: &Invocation) -> Result<(), Failure> {
    let body = fresh.body();
    let task = match &fresh.key {
        Some(key) => Asking::with(key, invocation)?.json("/api/agents/tasks", &body).await?,
        None => invocation.client()?.post("/api/v1/tasks", &body).await?,
    };
    let keys = ["task_id", "agent", "purpose", "scopes", "resources", "expires_at", "access_token"];
    let told = keys.into_iter().filter(|key| task.get(key).is_some());
    let told: Vec<(&str, String)> = told.map(|key| (key, text(&task, key))).collect();
    invocation.output.say(&task, || facts(&told));
    Ok(())
}

async fn close(named: &Named, invocation: &Invocation) -> Result<(), Failure> {
    let task = segment(&named.task);
    match &named.key {
        Some(key) => {
            Asking::with(key, invocation)?.delete(&format!("/api/agents/tasks/{task}")).await?;
        }
        None => {
            invocation.client()?.delete(&format!("/api/v1/tasks/{task}")).await?;
        }
    }
    let closed = json!({ "task_id": named.task, "state": "ended" });
    invocation.output.say(&closed, || format!("{} is closed", named.task));
    Ok(())
}

async fn list(filter: &Filter, invocation: &Invocation) -> Result<(), Failure> {
    let mut query = vec![("limit", filter.limit.to_string())];
    query.extend(filter.agent.clone().map(|it| ("agent", it)));
    query.extend(filter.before.clone().map(|it| ("before", it)));
    let list = invocation.client()?.get("/api/v1/tasks", &query).await?;
    invocation.output.say(&list, || {
        let columns = ["task_id", "agent", "state", "expires_at", "scopes", "purpose"];
        let row = |task: &Value| columns.iter().map(|key| text(task, key)).collect();
        let rows: Vec<Vec<String>> = items(&list, "tasks").iter().map(row).collect();
        if rows.is_empty() {
            return "no tasks; `bailiwick task open` opens one".to_owned();
        }
        table(&["ID", "AGENT", "STATE", "EXPIRES", "SCOPES", "PURPOSE"], &rows)
    });
    Ok(())
}

impl Fresh {
    fn body(&self) -> Value {
        let budgets = [("calls", self.calls), ("writes", self.writes), ("deletes", self.deletes)];
        let budgets = budgets.into_iter().filter_map(|(name, most)| Some((name, most?)));
        let mut body = json!({
            "purpose": self.purpose,
            "scopes": self.scope,
            "resources": self.resource,
            "ttl_seconds": self.ttl.seconds(),
            "budgets": budgets.map(|(name, most)| (name.to_owned(), json!(most)))
                .collect::<serde_json::Map<_, _>>(),
        });
        let named =
            [("agent", &self.agent), ("project", &self.project), ("subject_token", &self.below)];
        if let Some(members) = body.as_object_mut() {
            for (name, value) in named {
                members.extend(value.as_ref().map(|it| (name.to_owned(), json!(it))));
            }
        }
        body
    }
}
