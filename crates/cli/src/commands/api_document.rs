//! `bailiwick api import`, `diff` and `accept`: what a description of an API says, what it would
//! change, and letting it.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use bailiwick_contract::document::{Described, Document, Scopes};
use bailiwick_contract::unseen;
use bailiwick_domain::scope::Scope;
use clap::Args;
use serde_json::{Value, json};

use super::shown::{items, segment, text};
use super::{api_card, api_catalog};
use crate::failure::Failure;
use crate::invocation::Invocation;
use crate::output::{facts, table};

/// Show what a document describes, and what of it cannot be read; nothing is sent.
///
/// With --mcp a running server of the Model Context Protocol is asked what it offers, and with
/// --output that is written down as a catalog. What an earlier catalog in the same place says of
/// scopes, sensitivity, approval and limits is kept.
///
/// With --a2a the card of an agent is fetched, and with --output written down as it is. One that is
/// signed is taken only with --card-keys, and then only one that one of these keys signs.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  bailiwick api import acme.openapi.yaml
  bailiwick api import --mcp http://127.0.0.1:9000/mcp -o acme.mcp.json
  bailiwick api import --a2a https://planner.example --card-keys planner.jwks.json \
      -o planner.card.json

BAILIWICK_MCP_TOKEN is sent to the server as a bearer token.")]
pub(crate) struct Import {
    /// The document: OpenAPI 3.0 or 3.1, JSON or YAML, a catalog, or a card.
    #[arg(required_unless_present_any = ["mcp", "a2a"], conflicts_with_all = ["mcp", "a2a"])]
    file: Option<PathBuf>,
    /// The MCP endpoint of a running server.
    #[arg(long, value_name = "URL")]
    mcp: Option<String>,
    /// Where an agent of A2A is, or its card: below it at /.well-known/agent-card.json, unless it
    /// ends in .json.
    #[arg(long, value_name = "URL", conflicts_with = "mcp")]
    a2a: Option<String>,
    /// The public keys one of which has to sign the card: a JWK Set.
    #[arg(long, value_name = "FILE", conflicts_with = "mcp")]
    card_keys: Option<PathBuf>,
    /// Where to write the catalog or the card.
    #[arg(short, long, value_name = "FILE", conflicts_with = "file")]
    output: Option<PathBuf>,
}

/// Show what a document would change, and whether that lets anybody do more.
#[derive(Debug, Args)]
pub(crate) struct Diff {
    /// The API's name in the configuration.
    api: String,
    /// The document.
    file: PathBuf,
}

/// Put a document in force, whatever it lets others do. Who did and why is recorded.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  \
    bailiwick api accept acme acme.openapi.yaml --confirm-scopes \\\n      \
    --because \"the refunds team asked for POST /refunds\"")]
pub(crate) struct Accept {
    /// The API's name in the configuration.
    api: String,
    /// The document.
    file: PathBuf,
    /// Why.
    #[arg(long, value_name = "TEXT")]
    because: String,
    /// Confirm the scopes that are proposed; without, their operations are not served.
    #[arg(long)]
    confirm_scopes: bool,
}

pub(crate) async fn import(import: &Import, invocation: &Invocation) -> Result<(), Failure> {
    let (name, text) = import.given().await?;
    let document = Document::read(text.as_bytes());
    let document = document.map_err(|error| Failure::refused(format!("{name}: {error}")))?;
    import.check(&name, &document)?;
    if let (Some(_), Some(output)) = (&import.a2a, &import.output) {
        api_card::write(&text, output)?;
    }
    let unread = document
        .unread
        .iter()
        .map(|it| json!({ "pointer": it.pointer, "reason": it.reason }))
        .collect::<Vec<_>>();
    let value = json!({
        "kind": document.kind.as_str(),
        "title": document.title,
        "version": document.version,
        "instructions": document.instructions,
        "signed": document.card.as_ref().map(|card| card.signed),
        "operations": document.operations.iter().map(object).collect::<Vec<_>>(),
        "unread": unread,
    });
    invocation.output.say(&value, || printed(&shown(&value)));
    Ok(())
}

impl Import {
    /// What is read, and where it is from.
    async fn given(&self) -> Result<(String, String), Failure> {
        if let Some(url) = &self.a2a {
            return api_card::fetch(url).await;
        }
        let Some(url) = &self.mcp else {
            let file = self.file.as_deref().unwrap_or(Path::new(""));
            return Ok((file.display().to_string(), read(file)?));
        };
        let mut catalog = api_catalog::ask(url).await?;
        if let Some(output) = &self.output {
            api_catalog::write(&mut catalog, output)?;
        }
        Ok((url.clone(), catalog.to_string()))
    }

    /// Whether a card may be taken.
    fn check(&self, name: &str, document: &Document) -> Result<(), Failure> {
        let keys = self.card_keys.as_deref().map(api_card::keys).transpose()?;
        match &document.card {
            Some(card) => api_card::check(name, card, keys.as_ref(), self.a2a.is_some()),
            None if self.card_keys.is_none() && self.a2a.is_none() => Ok(()),
            None => Err(Failure::refused(format!("{name} is no card of an agent"))),
        }
    }
}

fn object(described: &Described) -> Value {
    let scopes: Vec<&str> = described.scopes.set().iter().map(Scope::as_str).collect();
    json!({
        "operation_id": described.operation_id,
        "method": described.method,
        "path": described.template,
        "summary": described.summary,
        "scopes": scopes,
        "proposed": matches!(described.scopes, Scopes::Proposed(_)),
        "sensitivity": described.sensitivity.as_str(),
        "approval": described.approval.as_str(),
        "limit": described.limit.map(|limit| limit.to_string()),
        "masks": described.mask.labels().collect::<Vec<_>>(),
        "remarks": described.remarks,
    })
}

fn shown(document: &Value) -> String {
    let operations = items(document, "operations");
    let is_proposed = |it: &&Value| it.get("proposed") == Some(&Value::Bool(true));
    let proposed = operations.iter().filter(is_proposed).count();
    let head = facts(&[
        ("title", text(document, "title")),
        ("version", text(document, "version")),
        ("operations", operations.len().to_string()),
        ("proposed", format!("the scopes of {proposed}; they wait to be confirmed")),
    ]);
    let row = |it: &Value| {
        let mark = if is_proposed(&it) { "?" } else { "" };
        let scopes = format!("{}{mark}", text(it, "scopes"));
        let columns = ["sensitivity", "approval", "limit", "masks"];
        let rest = columns.iter().map(|key| text(it, key));
        [text(it, "method"), text(it, "path"), scopes].into_iter().chain(rest).collect()
    };
    let rows: Vec<Vec<String>> = operations.iter().map(row).collect();
    let columns = ["METHOD", "PATH", "SCOPES", "SENSITIVITY", "APPROVAL", "LIMIT", "MASKS"];
    let mut page = format!("{head}\n\n{}", table(&columns, &rows));
    for it in operations {
        for remark in items(it, "remarks").iter().filter_map(Value::as_str) {
            let _ = write!(page, "\n{} {}: {remark}", text(it, "method"), text(it, "path"));
        }
    }
    page + &unread(document)
}

pub(crate) async fn diff(diff: &Diff, invocation: &Invocation) -> Result<(), Failure> {
    let path = format!("/api/v1/apis/{}/documents/compare", segment(&diff.api));
    let body = json!({ "document": read(&diff.file)? });
    let comparison = invocation.client()?.post(&path, &body).await?;
    invocation.output.say(&comparison, || printed(&compared(&comparison)));
    Ok(())
}

pub(crate) async fn accept(accept: &Accept, invocation: &Invocation) -> Result<(), Failure> {
    let path = format!("/api/v1/apis/{}/documents", segment(&accept.api));
    let body = json!({
        "document": read(&accept.file)?,
        "because": accept.because,
        "confirm_scopes": accept.confirm_scopes,
    });
    let accepted = invocation.client()?.post(&path, &body).await?;
    invocation.output.say(&accepted, || {
        let keys = ["api", "version", "digest", "accepted_by", "because"];
        let head = facts(&keys.map(|key| (key, text(&accepted, key))));
        printed(&format!("{head}\n\n{}", compared(&accepted)))
    });
    Ok(())
}

fn compared(comparison: &Value) -> String {
    let row = |it: &Value| {
        let widens = it.get("widens") == Some(&Value::Bool(true));
        let mark = if widens { "widens" } else { "" };
        vec![mark.to_owned(), text(it, "operation"), text(it, "change")]
    };
    let rows: Vec<Vec<String>> = items(comparison, "changes").iter().map(row).collect();
    let mut page = if rows.is_empty() {
        "nothing is different".to_owned()
    } else {
        table(&["", "OPERATION", "CHANGE"], &rows)
    };
    let waiting = items(comparison, "waiting");
    if !waiting.is_empty() {
        let count = waiting.len();
        let _ = write!(
            page,
            "\n{count} operations wait for their proposed scopes to be confirmed: --confirm-scopes"
        );
    }
    for it in waiting {
        let scopes = text(it, "scopes");
        let _ = write!(page, "\n  {} {}: {scopes}", text(it, "method"), text(it, "path"));
    }
    page + &unread(comparison)
}

/// A page with words of others in it, none of which moves a terminal's cursor or is not seen.
fn printed(page: &str) -> String {
    page.lines().map(unseen::shown).collect::<Vec<_>>().join("\n")
}

fn unread(given: &Value) -> String {
    let lines = items(given, "unread").iter();
    let lines =
        lines.map(|it| format!("\nnot read: {} {}", text(it, "pointer"), text(it, "reason")));
    lines.collect()
}

fn read(path: &Path) -> Result<String, Failure> {
    let read = std::fs::read_to_string(path);
    read.map_err(|error| Failure::usage(format!("{}: {error}", path.display())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_of_others_do_nothing_to_a_terminal() {
        for (page, expected) in [
            ("a\nb é", "a\nb é"),
            ("a\u{1b}[2Jb\nc", "a\\u{1b}[2Jb\nc"),
            ("a\u{202e}b\u{9b}", "a\\u{202e}b\\u{9b}"),
        ] {
            assert_eq!(printed(page), expected);
        }
    }
}
