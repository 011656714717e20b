//! `bailiwick audit tail`: requests as they happen.

use std::time::Duration;

use clap::{Args, value_parser};

use super::line::cells;
use super::search::{Filter, last_index};
use crate::client::Client;
use crate::commands::shown::items;
use crate::failure::Failure;
use crate::invocation::Invocation;
use crate::stop::Stop;

/// How often the authority is asked for more.
const PAUSE: Duration = Duration::from_millis(500);

/// Follow the ledger: the last few records, then each new one.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  bailiwick audit tail --outcome denied")]
pub(crate) struct Arguments {
    #[command(flatten)]
    filter: Filter,
    /// How many of the last records to begin with.
    #[arg(short = 'n', long, default_value_t = 10)]
    #[arg(value_parser = value_parser!(u32).range(..=1_000))]
    lines: u32,
}

pub(super) async fn run(arguments: &Arguments, invocation: &Invocation) -> Result<(), Failure> {
    let client = invocation.client()?;
    let query = arguments.filter.query();
    let mut after = begin(arguments.lines, &query, &client, invocation).await?;
    let mut stop = Stop::listen()?;
    let mut pauses = tokio::time::interval(PAUSE);
    pauses.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            _ = pauses.tick() => {}
            _ = stop.asked() => return Ok(()),
        }
        let mut query = query.clone();
        query.push(("order", "oldest".to_owned()));
        query.extend(after.map(|index| ("after", index.to_string())));
        let page = client.get("/api/v1/ledger", &query).await?;
        for found in items(&page, "records") {
            say(found, invocation);
        }
        after = last_index(&page).or(after);
    }
}

/// Prints the last records in the order they happened, and says which was the newest.
async fn begin(
    lines: u32,
    query: &[(&'static str, String)],
    client: &Client,
    invocation: &Invocation,
) -> Result<Option<u64>, Failure> {
    let mut query = query.to_vec();
    query.push(("limit", lines.max(1).to_string()));
    let page = client.get("/api/v1/ledger", &query).await?;
    let found = items(&page, "records");
    let wanted = usize::try_from(lines).unwrap_or(usize::MAX);
    for record in found.iter().take(wanted).rev() {
        say(record, invocation);
    }
    Ok(found.first().and_then(|newest| newest.get("index")?.as_u64()))
}

fn say(found: &serde_json::Value, invocation: &Invocation) {
    invocation.output.say(found, || {
        let cells = cells(found);
        let widths = [6, 24, 24, 36, 11, 3, 22, 0];
        let padded = cells.iter().zip(widths).map(|(cell, width)| format!("{cell:<width$}"));
        padded.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    });
}
