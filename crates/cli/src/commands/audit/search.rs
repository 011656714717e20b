//! `bailiwick audit search`: which requests there were, and how they ended.

use clap::Args;
use serde_json::{Value, json};

use super::line::{HEAD, cells};
use crate::commands::shown::items;
use crate::failure::Failure;
use crate::invocation::Invocation;
use crate::output::table;
use crate::span::Span;

/// The most records of one page of the server.
const PAGE: u32 = 1_000;

/// Search the ledger, newest first.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  bailiwick audit search --agent refund-processor --since 1h\n  \
    bailiwick audit search --outcome denied --code nonce_replayed\n  \
    bailiwick audit search --would-be denied --api billing"
)]
pub(crate) struct Arguments {
    #[command(flatten)]
    pub(super) filter: Filter,
    /// Only what happened in the last …, as in 1h.
    #[arg(long, value_name = "SPAN")]
    since: Option<Span>,
    /// How many at most.
    #[arg(long, default_value_t = 100)]
    limit: u32,
}

#[derive(Debug, Args)]
pub(super) struct Filter {
    /// Only requests of this agent: its name or id.
    #[arg(long)]
    agent: Option<String>,
    /// The project the agent's name is looked up in.
    #[arg(long)]
    project: Option<String>,
    /// Only refusals with this code, and what would have been one.
    #[arg(long)]
    code: Option<String>,
    /// Only requests that ended so: allowed, denied, pending, failed or interrupted.
    #[arg(long)]
    outcome: Option<String>,
    /// Only requests that this policy decided, or would have decided, were it no shadow.
    #[arg(long, value_name = "ID")]
    policy: Option<String>,
    /// Only requests that were let through because their API is only observed, and would have
    /// ended so: denied.
    #[arg(long, value_name = "OUTCOME")]
    would_be: Option<String>,
    /// Only requests to this API.
    #[arg(long)]
    api: Option<String>,
    /// Only this operation, as in 'GET /tickets/{id}'.
    #[arg(long)]
    operation: Option<String>,
    /// Only what was done for this person (psn_…), or on behalf of this agent (its subject).
    #[arg(long)]
    person: Option<String>,
    /// Only what was done in this task (tsk_…).
    #[arg(long)]
    task: Option<String>,
}

pub(super) async fn run(arguments: &Arguments, invocation: &Invocation) -> Result<(), Failure> {
    let client = invocation.client()?;
    let mut query = arguments.filter.query();
    if let Some(since) = arguments.since {
        let seconds = i64::try_from(since.seconds()).unwrap_or(i64::MAX);
        query.push(("since", invocation.clock.now().plus_seconds(-seconds).to_string()));
    }
    let mut records = Vec::new();
    let mut left = arguments.limit;
    while left > 0 {
        let mut page_query = query.clone();
        page_query.push(("limit", left.min(PAGE).to_string()));
        let page = client.get("/api/v1/ledger", &page_query).await?;
        let found = items(&page, "records");
        records.extend_from_slice(found);
        left = left.saturating_sub(u32::try_from(found.len()).unwrap_or(u32::MAX));
        let Some(next) = page.get("next") else { break };
        query.retain(|(name, _)| *name != "after");
        query.push(("after", next.to_string()));
    }
    let list = json!({ "records": records });
    invocation.output.say(&list, || {
        let rows: Vec<Vec<String>> = items(&list, "records").iter().map(cells).collect();
        if rows.is_empty() { "nothing found".to_owned() } else { table(&HEAD, &rows) }
    });
    Ok(())
}

impl Filter {
    pub(super) fn query(&self) -> Vec<(&'static str, String)> {
        let pairs = [
            ("agent", &self.agent),
            ("project", &self.project),
            ("code", &self.code),
            ("outcome", &self.outcome),
            ("policy", &self.policy),
            ("would_be", &self.would_be),
            ("api", &self.api),
            ("operation", &self.operation),
            ("person", &self.person),
            ("task", &self.task),
        ];
        pairs.into_iter().filter_map(|(name, value)| Some((name, value.clone()?))).collect()
    }
}

/// Where to go on after a page: its last index.
pub(super) fn last_index(page: &Value) -> Option<u64> {
    items(page, "records").last()?.get("index")?.as_u64()
}
