//! `bailiwick policy apply`, `list` and `show`: what is in force, and what was.

use std::path::PathBuf;

use clap::Args;
use serde_json::{Value, json};

use super::sources::{Texts, wrong};
use crate::client::Client;
use crate::commands::shown::{items, text};
use crate::failure::Failure;
use crate::invocation::Invocation;
use crate::output::table;

const PATH: &str = "/api/v1/policies";

/// Put policies in force, from the next request on, at every gateway.
///
/// They take the place of all that are in force, the shipped ones too. They are checked first, here
/// and by the authority; when something is wrong nothing changes.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  bailiwick policy show 0 > policies.cedar\n  \
    bailiwick policy apply policies.cedar refunds.cedar --because \"refunds need a person\"\n\n\
    To go back: bailiwick policy show NUMBER, and apply that.")]
pub(crate) struct Applying {
    /// The files, which make up the whole set.
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// Why; it is kept with the version.
    #[arg(long, value_name = "TEXT")]
    because: String,
}

/// List the versions of the policies, the one in force first.
#[derive(Debug, Args)]
pub(crate) struct Listing {}

/// Print the policies of a version.
#[derive(Debug, Args)]
pub(crate) struct Showing {
    /// Its number, 0 for the shipped policies; the one in force when left out.
    number: Option<u32>,
}

pub(super) async fn apply(arguments: &Applying, invocation: &Invocation) -> Result<(), Failure> {
    let texts = Texts::read(&arguments.files)?;
    texts.engine().map_err(|problems| wrong(&problems))?;
    let body = json!({ "text": texts.joined(), "because": arguments.because });
    let version = invocation.client()?.post(PATH, &body).await?;
    let number = text(&version, "number");
    invocation.output.say(&version, || format!("version {number} is in force"));
    Ok(())
}

pub(super) async fn list(invocation: &Invocation) -> Result<(), Failure> {
    let list = invocation.client()?.get(PATH, &[]).await?;
    invocation.output.say(&list, || {
        let row = |version: &Value| {
            let in_force = if is_in_force(version) { "in force" } else { "" };
            let mut cells = vec![text(version, "number"), in_force.to_owned()];
            let known = ["activated_at", "activated_by", "because"].map(|key| text(version, key));
            let shipped = known.iter().all(String::is_empty);
            cells.extend(known);
            if shipped && let Some(because) = cells.last_mut() {
                "shipped".clone_into(because);
            }
            cells
        };
        let rows: Vec<Vec<String>> = items(&list, "policies").iter().map(row).collect();
        table(&["VERSION", "", "SINCE", "BY", "BECAUSE"], &rows)
    });
    Ok(())
}

pub(super) async fn show(arguments: &Showing, invocation: &Invocation) -> Result<(), Failure> {
    let client = invocation.client()?;
    let number = match arguments.number {
        Some(number) => number.to_string(),
        None => newest(&client).await?,
    };
    let version = client.get(&format!("{PATH}/{number}"), &[]).await?;
    invocation.output.say(&version, || text(&version, "text").trim_end().to_owned());
    Ok(())
}

/// The policies in force: the number of the version, and its text.
pub(super) async fn in_force(client: &Client) -> Result<(String, String), Failure> {
    let number = newest(client).await?;
    let version = client.get(&format!("{PATH}/{number}"), &[]).await?;
    Ok((number, text(&version, "text")))
}

async fn newest(client: &Client) -> Result<String, Failure> {
    let list = client.get(PATH, &[]).await?;
    let newest = items(&list, "policies").iter().find(|version| is_in_force(version));
    newest
        .map(|version| text(version, "number"))
        .ok_or_else(|| Failure::refused("the authority does not say which policies are in force"))
}

fn is_in_force(version: &Value) -> bool {
    version.get("in_force").and_then(Value::as_bool).unwrap_or(false)
}
