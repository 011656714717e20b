//! `bailiwick policy explain`: why a request is decided as it is, and what would change it.

use std::path::{Path, PathBuf};

use bailiwick_policy::decision::Decision;
use bailiwick_policy::engine::Engine;
use bailiwick_policy::explain::{Change, Explanation, explain};
use bailiwick_policy::policy::Policy;
use bailiwick_policy::question::Question;
use clap::Args;
use serde_json::{Value, json};

use super::request::RawRequest;
use super::sources::{self, Texts, wrong};
use super::{record, versions};
use crate::commands::shown::{segment, text};
use crate::failure::Failure;
use crate::invocation::Invocation;

/// Explain a decision: by which policies, on which facts, and which single change would change it.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    bailiwick policy explain rec_01jd8m3q5r7t9v1x3z5b7d9f1h\n  \
    bailiwick policy explain --request request.json --policies refunds.cedar\n\n\
    A request is an object as in the cases of `bailiwick policy test`; with --policies no server \
    is asked.")]
pub(crate) struct Arguments {
    /// The record of the request: the upstream's X-Request-ID, a refusal's `request_id`.
    #[arg(required_unless_present = "request")]
    record: Option<String>,
    /// A request that was never sent: a JSON file, or `-` for standard input.
    #[arg(long, value_name = "FILE", conflicts_with = "record")]
    request: Option<PathBuf>,
    /// By these policies instead of those in force.
    #[arg(long, value_name = "FILE", num_args = 1..)]
    policies: Vec<PathBuf>,
}

pub(super) async fn run(arguments: &Arguments, invocation: &Invocation) -> Result<(), Failure> {
    let (question, unknown) = match (&arguments.request, &arguments.record) {
        (Some(file), _) => (written(file)?, Vec::new()),
        (None, Some(record)) => (recorded(record, invocation).await?, record::UNKNOWN.to_vec()),
        (None, None) => return Err(Failure::usage("name a record, or a request")),
    };
    let engine = engine(arguments, invocation).await?;
    let explained = explain(&engine, &question).map_err(Failure::refused)?;
    let object = object(&explained, &unknown);
    invocation.output.say(&object, || page(&explained, &unknown));
    Ok(())
}

fn written(file: &Path) -> Result<Question, Failure> {
    let text = if file == Path::new("-") {
        std::io::read_to_string(std::io::stdin()).map_err(Failure::usage)?
    } else {
        sources::text(file)?
    };
    let raw: Result<RawRequest, _> = serde_json::from_str(&text);
    let read = raw.map_err(|error| error.to_string()).and_then(RawRequest::read);
    read.map_err(|message| Failure::usage(format!("the request cannot be read: {message}")))
}

async fn recorded(id: &str, invocation: &Invocation) -> Result<Question, Failure> {
    let client = invocation.client()?;
    let found = client.get(&format!("/api/v1/ledger/{}", segment(id)), &[]).await?;
    let record = found.get("record").unwrap_or(&Value::Null);
    let named = text(record, "api");
    let api = if named.is_empty() {
        Value::Null
    } else {
        client.get(&format!("/api/v1/apis/{}", segment(&named)), &[]).await?
    };
    record::question(record, &api).map_err(Failure::refused)
}

async fn engine(arguments: &Arguments, invocation: &Invocation) -> Result<Engine, Failure> {
    let texts = if arguments.policies.is_empty() {
        let (number, text) = versions::in_force(&invocation.client()?).await?;
        Texts::of(format!("version {number}"), text)
    } else {
        Texts::read(&arguments.policies)?
    };
    texts.engine().map_err(|problems| wrong(&problems))
}

fn object(explained: &Explanation, unknown: &[&str]) -> Value {
    let answer = &explained.answer;
    let names = |policies: &[std::sync::Arc<Policy>]| -> Vec<String> {
        policies.iter().map(|policy| policy.id.to_string()).collect()
    };
    let considered = explained.considered.iter().map(|(policy, led)| {
        let reads: Vec<String> = policy.reads.facts.iter().map(ToString::to_string).collect();
        json!({ "policy": &*policy.id, "effect": effect(policy), "led": led, "reads": reads })
    });
    let facts = explained.facts.iter().map(|(name, value)| (name.clone(), json!(value)));
    let changes: Vec<Value> = explained.changes.iter().map(change).collect();
    json!({
        "decision": answer.decision.as_str(),
        "approvers": approvers(answer.decision),
        "policies": names(&answer.policies),
        "reason": answer.reason().map(AsRef::<str>::as_ref),
        "masks": answer.masks().iter().map(ToString::to_string).collect::<Vec<_>>(),
        "errors": answer.errors,
        "shadow": names(&answer.otherwise),
        "considered": considered.collect::<Vec<_>>(),
        "facts": facts.collect::<serde_json::Map<_, _>>(),
        "changes": changes,
        "unknown": unknown,
    })
}

fn change(change: &Change) -> Value {
    let Change { fact, to, decision } = change;
    json!({ "fact": fact, "to": to, "decision": decision.as_str() })
}

fn approvers(decision: Decision) -> Option<u8> {
    match decision {
        Decision::NeedsApproval { approvers } => Some(approvers),
        Decision::Allow | Decision::Deny | Decision::Error => None,
    }
}

fn effect(policy: &Policy) -> String {
    let shadow = if policy.is_shadow { "shadow, " } else { "" };
    let effect = match (policy.permits, policy.approvers) {
        _ if !policy.masks.is_empty() => format!("masks {}", policy.masks.join(", ")),
        (true, _) => "permits".to_owned(),
        (false, None) => "forbids".to_owned(),
        (false, Some(people)) => format!("asks {people} to agree"),
    };
    format!("{shadow}{effect}")
}

fn page(explained: &Explanation, unknown: &[&str]) -> String {
    let answer = &explained.answer;
    let by: Vec<&str> = answer.policies.iter().map(|policy| &*policy.id).collect();
    let by = if by.is_empty() { "no policy that permits".to_owned() } else { by.join(", ") };
    let mut lines = vec![format!("{} by {by}", answer.decision.as_str())];
    lines.extend(answer.reason().map(|reason| format!("  {reason}")));
    lines.extend(answer.masks().iter().map(|label| format!("  {label} is masked")));
    lines.extend(answer.errors.iter().map(|error| format!("  {error}")));
    lines.extend(
        answer.otherwise.iter().map(|policy| format!("  otherwise by shadow {}", policy.id)),
    );
    lines.push("\npolicies whose scope fits (* led to it)".to_owned());
    for (policy, led) in &explained.considered {
        let mark = if *led { '*' } else { ' ' };
        lines.push(format!("  {mark} {}: {}", policy.id, effect(policy)));
    }
    lines.push("\nwhat they look at".to_owned());
    for (name, value) in &explained.facts {
        lines.push(format!("    {name} = {}", value.as_deref().unwrap_or("(absent)")));
    }
    lines.push("\nwhat would change the answer, one thing at a time".to_owned());
    if explained.changes.is_empty() {
        lines.push("    nothing that was tried".to_owned());
    }
    for Change { fact, to, decision } in &explained.changes {
        let to = if to.is_empty() { "(absent)".to_owned() } else { to.join(" or ") };
        lines.push(format!("    {}: {fact} = {to}", decision.as_str()));
    }
    if !unknown.is_empty() {
        lines.push("\nwhat the record does not hold".to_owned());
        lines.extend(unknown.iter().map(|text| format!("    {text}")));
    }
    lines.join("\n")
}
