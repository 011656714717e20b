//! `bailiwick audit propose`: what to configure before an observed API is enforced.

use std::fmt::Write as _;

use clap::Args;
use serde_json::Value;

use crate::commands::shown::{items, segment, text};
use crate::failure::Failure;
use crate::invocation::Invocation;
use crate::span::Span;

/// Propose what to configure before an API that was only observed is enforced. Nothing is changed.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  bailiwick audit propose billing --since 7d\n  \
    bailiwick audit search --api billing --would-be denied")]
pub(crate) struct Arguments {
    /// The API's name in the configuration.
    api: String,
    /// Only of what happened in the last …, as in 7d.
    #[arg(long, value_name = "SPAN")]
    since: Option<Span>,
}

pub(super) async fn run(arguments: &Arguments, invocation: &Invocation) -> Result<(), Failure> {
    let mut query = Vec::new();
    if let Some(since) = arguments.since {
        let seconds = i64::try_from(since.seconds()).unwrap_or(i64::MAX);
        query.push(("since", invocation.clock.now().plus_seconds(-seconds).to_string()));
    }
    let path = format!("/api/v1/apis/{}/proposal", segment(&arguments.api));
    let proposal = invocation.client()?.get(&path, &query).await?;
    invocation.output.say(&proposal, || page(&proposal));
    Ok(())
}

/// The proposal as a person reads it: comments, TOML to add, commands to run.
fn page(proposal: &Value) -> String {
    let (api, requests) = (text(proposal, "api"), text(proposal, "requests"));
    if requests == "0" {
        return format!("nothing that {api} was asked for would have been refused: it can enforce");
    }
    let newest = if proposal["cut"] == true { ", the newest that were read" } else { "" };
    let mut page = format!("# {requests} requests to {api} would have been refused{newest}\n");
    for refusals in items(proposal, "refusals") {
        let agents = words(refusals, "agents", ", ");
        let by = if agents.is_empty() { "nobody known".to_owned() } else { agents };
        let [code, count, record] = ["code", "requests", "record"].map(|key| text(refusals, key));
        let _ = writeln!(page, "#   {count:>6}  {code:<24} {by}; as in {record}");
    }
    for operation in items(proposal, "operations") {
        let [method, path, count] = ["method", "path", "requests"].map(|key| text(operation, key));
        let scopes = words(operation, "scopes", "\", \"");
        let _ = write!(
            page,
            "\n# asked for {count} times: add it to {api} in bailiwick.toml if it is meant to be\n\
             [[api.operation]]\nmethod = \"{method}\"\npath = \"{path}\"\nscopes = [\"{scopes}\"]\n"
        );
    }
    for agent in items(proposal, "agents") {
        let [name, project] = ["agent", "project"].map(|key| text(agent, key));
        let every = ["scopes", "missing_scopes"].map(|key| items(agent, key)).concat();
        let scopes: Vec<String> =
            every.iter().filter_map(Value::as_str).map(|it| format!("--scope {it}")).collect();
        let missing = words(agent, "missing_scopes", " ");
        let _ = write!(
            page,
            "\n# {name} asked for {missing}: grant it if it is meant to have it\n\
             bailiwick agent set {name} --project {project} {}\n",
            scopes.join(" ")
        );
    }
    page.push_str("\n# what is left is refused once the API says mode = \"enforce\"\n");
    page
}

fn words(of: &Value, key: &str, separator: &str) -> String {
    let words: Vec<&str> = items(of, key).iter().filter_map(Value::as_str).collect();
    words.join(separator)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_proposal_is_toml_to_add_and_commands_to_run() {
        let proposal = json!({
            "api": "billing", "requests": 9, "cut": false,
            "refusals": [
                {"code": "scope_missing", "requests": 6, "agents": ["a"], "record": "rec_1"},
                {"code": "credential_missing", "requests": 3, "agents": [], "record": "rec_2"},
            ],
            "operations": [{"method": "GET", "path": "/invoices/{id}",
                "scopes": ["invoices:read"], "requests": 2}],
            "agents": [{"agent": "a", "project": "default", "scopes": ["tickets:read"],
                "missing_scopes": ["invoices:write"]}],
        });
        let page = page(&proposal);
        for line in [
            "# 9 requests to billing would have been refused\n",
            "scope_missing            a; as in rec_1\n",
            "credential_missing       nobody known; as in rec_2\n",
            "method = \"GET\"\npath = \"/invoices/{id}\"\nscopes = [\"invoices:read\"]\n",
            "bailiwick agent set a --project default --scope tickets:read --scope invoices:write\n",
        ] {
            assert!(page.contains(line), "{line}\n{page}");
        }
        let none = super::page(&json!({"api": "billing", "requests": 0}));
        assert!(none.contains("it can enforce"));
    }
}
