//! `bailiwick approval`: what agents ask for, and what people decide.

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::shown::{items, segment, text};
use crate::failure::Failure;
use crate::invocation::Invocation;
use crate::output::{facts, table};

/// See what agents ask for, and decide about it.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    List(Filter),
    Show(Named),
    Approve(Approval),
    Deny(Denial),
}

/// List what agents ask for, the newest first.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  bailiwick approval list\n  \
                        bailiwick approval list --status denied --agent agt_…")]
pub(crate) struct Filter {
    /// Only those that stand so: pending, approved, denied, expired, used, or all.
    #[arg(long, default_value = "pending")]
    status: String,
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

/// Show a request exactly as it was sent, secrets masked.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  bailiwick approval show apr_…")]
pub(crate) struct Named {
    /// Its id, apr_….
    approval: String,
}

/// Approve a request: the agent may send it again, once, within ten minutes.
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  bailiwick approval approve apr_… --because \"order 7 is ours\""
)]
pub(crate) struct Approval {
    /// Its id, apr_….
    approval: String,
    /// Why.
    #[arg(long, value_name = "TEXT")]
    because: Option<String>,
}

/// Deny a request; the agent is told why.
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  bailiwick approval deny apr_… --because \"not without a ticket\""
)]
pub(crate) struct Denial {
    /// Its id, apr_….
    approval: String,
    /// Why.
    #[arg(long, value_name = "TEXT")]
    because: String,
}

pub(crate) async fn run(command: &Command, invocation: &Invocation) -> Result<(), Failure> {
    match command {
        Command::List(filter) => list(filter, invocation).await,
        Command::Show(named) => show(named, invocation).await,
        Command::Approve(Approval { approval, because }) => {
            decide(approval, "approve", &json!({ "because": because }), invocation).await
        }
        Command::Deny(Denial { approval, because }) => {
            decide(approval, "deny", &json!({ "because": because }), invocation).await
        }
    }
}

async fn list(filter: &Filter, invocation: &Invocation) -> Result<(), Failure> {
    let mut query = vec![("limit", filter.limit.to_string())];
    let status = Some(filter.status.clone()).filter(|status| status != "all");
    query.extend(status.map(|it| ("status", it)));
    query.extend(filter.agent.clone().map(|it| ("agent", it)));
    query.extend(filter.before.clone().map(|it| ("before", it)));
    let list = invocation.client()?.get("/api/v1/approvals", &query).await?;
    invocation.output.say(&list, || {
        let rows: Vec<Vec<String>> = items(&list, "approvals").iter().map(row).collect();
        if rows.is_empty() {
            return "nothing waits".to_owned();
        }
        table(&["ID", "AGENT", "REQUEST", "STATUS", "EXPIRES"], &rows)
    });
    Ok(())
}

async fn show(named: &Named, invocation: &Invocation) -> Result<(), Failure> {
    let path = format!("/api/v1/approvals/{}", segment(&named.approval));
    let approval = invocation.client()?.get(&path, &[]).await?;
    invocation.output.say(&approval, || describe(&approval));
    Ok(())
}

async fn decide(
    approval: &str,
    verdict: &str,
    body: &Value,
    invocation: &Invocation,
) -> Result<(), Failure> {
    let path = format!("/api/v1/approvals/{}/{verdict}", segment(approval));
    let approval = invocation.client()?.post(&path, body).await?;
    invocation
        .output
        .say(&approval, || format!("{} is {}", text(&approval, "id"), text(&approval, "status")));
    Ok(())
}

fn row(approval: &Value) -> Vec<String> {
    let agent = text(&approval["agent"], "name");
    let expires = text(approval, "expires_at");
    vec![text(approval, "id"), agent, request(approval), text(approval, "status"), expires]
}

/// Method and target, as they were sent.
fn request(approval: &Value) -> String {
    let request = &approval["request"];
    let query = text(request, "query");
    let query = if query.is_empty() { query } else { format!("?{query}") };
    format!("{} {}{query}", text(request, "method"), text(request, "path"))
}

fn describe(approval: &Value) -> String {
    let (agent, request) = (&approval["agent"], &approval["request"]);
    let body = &request["body"];
    let mut pairs = vec![
        ("id", text(approval, "id")),
        ("status", text(approval, "status")),
        ("request", self::request(approval)),
        ("host", text(request, "authority")),
        ("operation", text(request, "operation")),
        ("sensitivity", text(approval, "sensitivity")),
        ("because", text(approval, "because")),
        ("agent", format!("{} ({})", text(agent, "name"), text(agent, "id"))),
        ("owner", text(agent, "owner")),
        ("on behalf of", text(approval, "chain")),
        ("task", text(approval, "task")),
        ("purpose", text(approval, "purpose")),
        ("policy", text(approval, "policy")),
        ("approvers", text(approval, "approvers")),
        ("asked", text(approval, "asked_at")),
        ("expires", text(approval, "expires_at")),
        ("used", text(approval, "used_at")),
        ("body", format!("{} bytes {}", text(body, "bytes"), text(body, "content_type"))),
        ("digest", text(body, "digest")),
    ];
    for made in items(approval, "decisions") {
        let why = text(made, "because");
        let because = if why.is_empty() { why } else { format!(": {why}") };
        let said = format!("{} by {}{because}", text(made, "verdict"), text(made, "name"));
        pairs.push(("decision", said));
    }
    let shown = text(body, "shown");
    let shown = if shown.is_empty() { shown } else { format!("\n\n{shown}") };
    format!("{}{shown}", facts(&pairs))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_reads_as_it_was_sent() {
        let approval = json!({
            "id": "apr_1",
            "status": "pending",
            "agent": { "name": "refunder", "id": "agt_1", "owner": "support" },
            "request": {
                "method": "POST", "path": "/refunds", "query": "x=1",
                "body": { "bytes": 2, "shown": "{}", "content_type": null },
            },
            "decisions": [{ "verdict": "approve", "name": "Bea", "because": "seen" }],
            "expires_at": "later",
        });
        assert_eq!(row(&approval), ["apr_1", "refunder", "POST /refunds?x=1", "pending", "later"]);
        let text = describe(&approval);
        assert!(text.ends_with("decision      approve by Bea: seen\n\n{}"), "{text}");
        assert!(text.contains("\nrequest       POST /refunds?x=1\n"), "{text}");
    }
}
