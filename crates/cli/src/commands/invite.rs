//! `bailiwick invite`: codes with which agents register themselves.

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::shown::{items, segment, text};
use crate::failure::Failure;
use crate::invocation::Invocation;
use crate::output::{facts, table};
use crate::span::Span;

/// Make, list and revoke invites.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    New(Fresh),
    List(Filter),
    Revoke(Named),
}

/// Make an invite; its code is shown once.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  bailiwick invite new --uses 3 --ttl 24h --scope tickets:read")]
pub(crate) struct Fresh {
    /// The project that agents register in.
    #[arg(long)]
    project: Option<String>,
    /// How many agents may use it.
    #[arg(long, default_value_t = 1)]
    uses: u32,
    /// How long it works, as in 24h.
    #[arg(long, default_value = "24h")]
    ttl: Span,
    /// A scope every agent that uses it may be granted; once for each.
    #[arg(long, value_name = "SCOPE")]
    scope: Vec<String>,
}

/// List invites.
#[derive(Debug, Args)]
pub(crate) struct Filter {
    /// Only those to this project.
    #[arg(long)]
    project: Option<String>,
}

/// Take an invite back; agents that used it before stay.
#[derive(Debug, Args)]
pub(crate) struct Named {
    /// Its id, inv_….
    invite: String,
}

pub(crate) async fn run(command: &Command, invocation: &Invocation) -> Result<(), Failure> {
    match command {
        Command::New(fresh) => make(fresh, invocation).await,
        Command::List(filter) => list(filter, invocation).await,
        Command::Revoke(named) => revoke(named, invocation).await,
    }
}

async fn make(fresh: &Fresh, invocation: &Invocation) -> Result<(), Failure> {
    let ttl_seconds = fresh.ttl.seconds();
    let mut body = json!({ "uses": fresh.uses, "ttl_seconds": ttl_seconds, "scopes": fresh.scope });
    if let (Some(project), Some(members)) = (&fresh.project, body.as_object_mut()) {
        members.insert("project".into(), json!(project));
    }
    let invite = invocation.client()?.post("/api/v1/invites", &body).await?;
    let keys = ["invite_code", "id", "project", "uses_left", "scopes", "expires_at"];
    invocation.output.say(&invite, || facts(&keys.map(|key| (key, text(&invite, key)))));
    Ok(())
}

async fn list(filter: &Filter, invocation: &Invocation) -> Result<(), Failure> {
    let query: Vec<_> = filter.project.clone().map(|it| ("project", it)).into_iter().collect();
    let list = invocation.client()?.list("/api/v1/invites", "invites", &query).await?;
    invocation.output.say(&list, || {
        let columns = ["id", "project", "uses_left", "expires_at", "revoked_at", "scopes"];
        let row = |invite: &Value| columns.iter().map(|key| text(invite, key)).collect();
        let rows: Vec<Vec<String>> = items(&list, "invites").iter().map(row).collect();
        if rows.is_empty() {
            return "no invites; `bailiwick invite new` makes one".to_owned();
        }
        table(&["ID", "PROJECT", "USES LEFT", "EXPIRES", "REVOKED", "SCOPES"], &rows)
    });
    Ok(())
}

async fn revoke(named: &Named, invocation: &Invocation) -> Result<(), Failure> {
    let path = format!("/api/v1/invites/{}", segment(&named.invite));
    let invite = invocation.client()?.delete(&path).await?;
    invocation.output.say(&invite, || format!("{} is revoked", text(&invite, "id")));
    Ok(())
}
