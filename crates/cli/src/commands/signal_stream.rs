//! `bailiwick signal-stream`: who is told when a credential or a sign-in ends.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::shown::{items, segment, text};
use crate::failure::Failure;
use crate::invocation::Invocation;
use crate::output::{facts, table};

/// Tell other systems when a credential or a sign-in ends (SSF and CAEP).
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Add(Addition),
    /// List who is told, and how it goes.
    List,
    Remove(Named),
}

/// Tell a receiver from now on. Its token is shown this once.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  \
    bailiwick signal-stream add https://receiver.example --push https://receiver.example/events")]
pub(crate) struct Addition {
    /// Whom it is for: `aud` of the tokens.
    audience: String,
    /// Send to this URL; without it, the receiver asks.
    #[arg(long, value_name = "URL")]
    push: Option<String>,
    /// A file with the `Authorization` to send along.
    #[arg(long, value_name = "FILE", requires = "push")]
    authorization: Option<PathBuf>,
    /// Only events of this URI; may be repeated.
    #[arg(long = "event", value_name = "URI")]
    events: Vec<String>,
    /// What it is for.
    #[arg(long)]
    description: Option<String>,
}

/// Tell a receiver no more.
#[derive(Debug, Args)]
pub(crate) struct Named {
    /// Its id, str_….
    stream: String,
}

pub(crate) async fn run(command: &Command, invocation: &Invocation) -> Result<(), Failure> {
    match command {
        Command::Add(addition) => add(addition, invocation).await,
        Command::List => list(invocation).await,
        Command::Remove(named) => remove(named, invocation).await,
    }
}

async fn add(addition: &Addition, invocation: &Invocation) -> Result<(), Failure> {
    let authorization = addition.authorization.as_ref().map(|path| {
        let read = std::fs::read_to_string(path);
        read.map_err(|error| Failure::usage(format!("{}: {error}", path.display())))
    });
    let authorization = authorization.transpose()?;
    let mut body = json!({ "audience": addition.audience });
    if let Some(url) = &addition.push {
        let mut delivery = json!({ "method": "urn:ietf:rfc:8935", "endpoint_url": url });
        if let (Some(text), Some(members)) = (authorization, delivery.as_object_mut()) {
            members.insert("authorization_header".to_owned(), json!(text.trim_end()));
        }
        if let Some(members) = body.as_object_mut() {
            members.insert("delivery".to_owned(), delivery);
        }
    }
    if let Some(members) = body.as_object_mut() {
        if !addition.events.is_empty() {
            members.insert("events_requested".to_owned(), json!(addition.events));
        }
        if let Some(description) = &addition.description {
            members.insert("description".to_owned(), json!(description));
        }
    }
    let stream = invocation.client()?.post("/api/v1/signal-streams", &body).await?;
    let keys = ["stream_id", "aud", "token"];
    invocation.output.say(&stream, || facts(&keys.map(|key| (key, text(&stream, key)))));
    Ok(())
}

async fn list(invocation: &Invocation) -> Result<(), Failure> {
    let list = invocation.client()?.get("/api/v1/signal-streams", &[]).await?;
    invocation.output.say(&list, || {
        let columns = ["stream_id", "aud", "status", "failures", "refused", "last_error"];
        let row = |it: &Value| columns.iter().map(|key| text(it, key)).collect();
        let rows: Vec<Vec<String>> = items(&list, "signal_streams").iter().map(row).collect();
        if rows.is_empty() {
            return "nobody is told; `bailiwick signal-stream add` changes that".to_owned();
        }
        table(&["ID", "FOR", "STATUS", "FAILURES", "REFUSED", "LAST ERROR"], &rows)
    });
    Ok(())
}

async fn remove(named: &Named, invocation: &Invocation) -> Result<(), Failure> {
    let path = format!("/api/v1/signal-streams/{}", segment(&named.stream));
    let stream = invocation.client()?.delete(&path).await?;
    invocation.output.say(&stream, || format!("{} is told no more", text(&stream, "aud")));
    Ok(())
}
