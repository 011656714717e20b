//! `bailiwick signing-key`: the keys that sign access tokens.

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::shown::{items, text};
use crate::failure::Failure;
use crate::invocation::Invocation;
use crate::output::table;

/// See which keys sign access tokens, and let the next one sign before its time.
///
/// They take turns by themselves: `signing_key_days` in `[authority]` says how often.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    List(Listing),
    Rotate(Rotation),
}

/// List the keys, newest first, with where each is in its life.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  bailiwick signing-key list\n\n\
    next: published ahead; current: it signs; previous: what it signed may be valid still;\n\
    retired, revoked: neither published nor accepted.")]
pub(crate) struct Listing {}

/// Let the next key sign at once.
///
/// It is published already, and another next one is made. What was signed before is good until it
/// expires, or with --revoke for nothing any more. If the next key may have been taken along with
/// the present one, rotate twice.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  bailiwick signing-key rotate\n  \
    bailiwick signing-key rotate --revoke    # every token signed before is refused from now on")]
pub(crate) struct Rotation {
    /// Refuse everything signed before, from the next request on.
    #[arg(long)]
    revoke: bool,
}

pub(crate) async fn run(command: &Command, invocation: &Invocation) -> Result<(), Failure> {
    let client = invocation.client()?;
    let list = match command {
        Command::List(Listing {}) => client.get("/api/v1/signing-keys", &[]).await?,
        Command::Rotate(Rotation { revoke }) => {
            let body = json!({ "revoke": revoke });
            client.post("/api/v1/signing-keys/rotate", &body).await?
        }
    };
    invocation.output.say(&list, || {
        let columns = ["kid", "alg", "state", "signs_from", "ends_at"];
        let row = |key: &Value| columns.iter().map(|column| text(key, column)).collect();
        let rows: Vec<Vec<String>> = items(&list, "signing_keys").iter().map(row).collect();
        table(&["KID", "ALG", "STATE", "SIGNS FROM", "ENDS"], &rows)
    });
    Ok(())
}
