//! `bailiwick person`: who signs in, and what they may do.

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::shown::{items, segment, text};
use crate::failure::Failure;
use crate::invocation::Invocation;
use crate::output::{facts, table};

/// See who signs in, give roles and keep people out.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Invite(Invitation),
    /// List the people who have signed in.
    List,
    Set(Change),
    /// End a person's sign-ins and all that they granted, and keep them out.
    Block(Named),
    /// Let a person sign in again.
    Unblock(Named),
}

/// Make a link with which one person comes in; it is shown this once, and works once, for a day.
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  bailiwick person invite --role operator --name \"Ada Lovelace\""
)]
pub(crate) struct Invitation {
    /// What they may do: viewer, approver, operator, admin or none.
    #[arg(long)]
    role: String,
    /// What they are called; they say it themselves when left out.
    #[arg(long)]
    name: Option<String>,
}

/// Give a person a role, from their next request on.
#[derive(Debug, Args)]
pub(crate) struct Change {
    /// Their id, psn_….
    person: String,
    /// What they may do: viewer, approver, operator, admin or none.
    #[arg(long)]
    role: String,
}

/// Whom.
#[derive(Debug, Args)]
pub(crate) struct Named {
    /// Their id, psn_….
    person: String,
}

pub(crate) async fn run(command: &Command, invocation: &Invocation) -> Result<(), Failure> {
    match command {
        Command::Invite(invitation) => invite(invitation, invocation).await,
        Command::List => list(invocation).await,
        Command::Set(change) => set(change, invocation).await,
        Command::Block(named) => turn(named, "block", invocation).await,
        Command::Unblock(named) => turn(named, "unblock", invocation).await,
    }
}

async fn invite(invitation: &Invitation, invocation: &Invocation) -> Result<(), Failure> {
    let body = json!({ "role": invitation.role, "name": invitation.name });
    let made = invocation.client()?.post("/api/v1/people/invites", &body).await?;
    let keys = ["link", "role", "expires_at"];
    invocation.output.say(&made, || facts(&keys.map(|key| (key, text(&made, key)))));
    Ok(())
}

async fn list(invocation: &Invocation) -> Result<(), Failure> {
    let list = invocation.client()?.list("/api/v1/people", "people", &[]).await?;
    invocation.output.say(&list, || {
        let columns = ["id", "name", "email", "role", "state"];
        let row = |it: &Value| columns.iter().map(|key| text(it, key)).collect();
        let rows: Vec<Vec<String>> = items(&list, "people").iter().map(row).collect();
        if rows.is_empty() {
            return "nobody has signed in yet".to_owned();
        }
        table(&["ID", "NAME", "EMAIL", "ROLE", "STATE"], &rows)
    });
    Ok(())
}

async fn set(change: &Change, invocation: &Invocation) -> Result<(), Failure> {
    let path = format!("/api/v1/people/{}", segment(&change.person));
    let person = invocation.client()?.patch(&path, &json!({ "role": change.role })).await?;
    say(&person, invocation);
    Ok(())
}

async fn turn(named: &Named, act: &str, invocation: &Invocation) -> Result<(), Failure> {
    let path = format!("/api/v1/people/{}/{act}", segment(&named.person));
    let person = invocation.client()?.post(&path, &json!({})).await?;
    say(&person, invocation);
    Ok(())
}

fn say(person: &Value, invocation: &Invocation) {
    let keys = ["id", "name", "role", "state"];
    invocation.output.say(person, || facts(&keys.map(|key| (key, text(person, key)))));
}
