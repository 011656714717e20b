//! `bailiwick issuer`: whose tokens are believed of workloads and of people.

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::shown::{items, segment, text};
use crate::failure::Failure;
use crate::invocation::Invocation;
use crate::output::{facts, table};

/// Trust issuers of tokens: clusters, CI systems, platforms, a company's sign-on.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Add(Addition),
    List,
    Remove(Named),
}

/// Trust an issuer; which agent a token stands for is said by `key add --issuer`.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  \
    bailiwick issuer add https://token.actions.githubusercontent.com \\\n      \
    --audience https://gateway.acme.example\n  \
    bailiwick issuer add https://login.acme.example --person-scope tickets:read")]
pub(crate) struct Addition {
    /// Its issuer identifier, exactly as its tokens say it.
    url: String,
    /// What `aud` of its tokens must name; the authority's own issuer identifier when left out.
    #[arg(long)]
    audience: Option<String>,
    /// A scope that its tokens about people can hand to an agent; without any they never stand for
    /// people.
    #[arg(long, value_name = "SCOPE")]
    person_scope: Vec<String>,
}

/// Trust an issuer no more, from the next request on.
#[derive(Debug, Args)]
pub(crate) struct Named {
    /// Its id, iss_….
    issuer: String,
}

pub(crate) async fn run(command: &Command, invocation: &Invocation) -> Result<(), Failure> {
    match command {
        Command::Add(addition) => add(addition, invocation).await,
        Command::List => list(invocation).await,
        Command::Remove(named) => remove(named, invocation).await,
    }
}

async fn add(addition: &Addition, invocation: &Invocation) -> Result<(), Failure> {
    let scopes = (!addition.person_scope.is_empty()).then_some(&addition.person_scope);
    let body = json!({
        "url": addition.url, "audience": addition.audience, "person_scopes": scopes,
    });
    let issuer = invocation.client()?.post("/api/v1/issuers", &body).await?;
    let keys = ["id", "url", "audience", "person_scopes", "state"];
    invocation.output.say(&issuer, || facts(&keys.map(|key| (key, text(&issuer, key)))));
    Ok(())
}

async fn list(invocation: &Invocation) -> Result<(), Failure> {
    let list = invocation.client()?.get("/api/v1/issuers", &[]).await?;
    invocation.output.say(&list, || {
        let columns = ["id", "url", "audience", "person_scopes", "state"];
        let row = |issuer: &Value| columns.iter().map(|key| text(issuer, key)).collect();
        let rows: Vec<Vec<String>> = items(&list, "issuers").iter().map(row).collect();
        if rows.is_empty() {
            return "no issuers; `bailiwick issuer add` trusts one".to_owned();
        }
        table(&["ID", "URL", "AUDIENCE", "FOR PEOPLE", "STATE"], &rows)
    });
    Ok(())
}

async fn remove(named: &Named, invocation: &Invocation) -> Result<(), Failure> {
    let path = format!("/api/v1/issuers/{}", segment(&named.issuer));
    let issuer = invocation.client()?.delete(&path).await?;
    invocation
        .output
        .say(&issuer, || format!("{} is {}", text(&issuer, "id"), text(&issuer, "state")));
    Ok(())
}
