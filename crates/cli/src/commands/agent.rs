//! `bailiwick agent`: who may act at all, and how far.

use clap::{Args, Subcommand};
use serde_json::{Map, Value, json};

use super::agent_client;
use super::shown::{items, segment, text};
use crate::failure::Failure;
use crate::invocation::Invocation;
use crate::output::{facts, table};

/// Add, list, show, change, approve, refuse, suspend, resume and retire agents; make them clients.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Add(Addition),
    List(Filter),
    Show(Named),
    Set(Change),
    Approve(Approval),
    Refuse(Rejection),
    /// Suspend an agent: its next request is refused, until it is resumed.
    Suspend(Named),
    /// Resume a suspended agent.
    Resume(Named),
    /// Retire an agent for good; its name stays taken.
    Retire(Named),
    Client(agent_client::Registration),
}

/// Add an agent.
///
/// It can do nothing until it has a key (`bailiwick key add`).
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  bailiwick agent add refund-processor --owner payments \
    --scope tickets:read --scope refunds:write --limit 30/min")]
pub(crate) struct Addition {
    /// Its name: a-z, 0-9 and `-`.
    name: String,
    /// The person or team who answers for it.
    #[arg(long, value_name = "WHO")]
    owner: String,
    /// What it is for.
    #[arg(long, value_name = "TEXT")]
    purpose: Option<String>,
    /// Whether a person watches it work: copilot or autonomous.
    #[arg(long)]
    kind: Option<String>,
    /// The project its name is unique in.
    #[arg(long)]
    project: Option<String>,
    #[command(flatten)]
    ceiling: Ceiling,
}

/// Change what an agent may do; it holds for its next request.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  bailiwick agent set refund-processor --scope tickets:read")]
pub(crate) struct Change {
    #[command(flatten)]
    agent: Named,
    /// The person or team who answers for it.
    #[arg(long, value_name = "WHO")]
    owner: Option<String>,
    /// What it is for.
    #[arg(long, value_name = "TEXT")]
    purpose: Option<String>,
    /// Let it call from anywhere again.
    #[arg(long, conflicts_with = "network")]
    any_network: bool,
    /// Take all its scopes away.
    #[arg(long, conflicts_with = "scope")]
    no_scopes: bool,
    /// Take its limit away.
    #[arg(long, conflicts_with = "limit")]
    no_limit: bool,
    #[command(flatten)]
    ceiling: Ceiling,
}

#[derive(Debug, Args)]
struct Ceiling {
    /// A scope it may be granted, as in tickets:read; once for each.
    #[arg(long, value_name = "SCOPE")]
    scope: Vec<String>,
    /// How often it may call, as in 30/min.
    #[arg(long, value_name = "LIMIT")]
    limit: Option<String>,
    /// A network it may call from, as in 10.0.0.0/8; once for each.
    #[arg(long, value_name = "CIDR")]
    network: Vec<String>,
    /// Why it is granted a broad scope (`*`, `x:*`, `admin`, `owner`); recorded.
    #[arg(long, value_name = "TEXT")]
    broad_because: Option<String>,
}

/// Approve an agent that asked to come in.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  bailiwick agent list --state pending\n  \
    bailiwick agent approve refund-processor --scope tickets:read")]
pub(crate) struct Approval {
    #[command(flatten)]
    agent: Named,
    /// A scope it may be granted, once for each; the project's scopes when left out.
    #[arg(long, value_name = "SCOPE")]
    scope: Vec<String>,
    /// Grant it nothing yet.
    #[arg(long, conflicts_with = "scope")]
    no_scopes: bool,
    /// Why it is granted a broad scope (`*`, `x:*`, `admin`, `owner`); recorded.
    #[arg(long, value_name = "TEXT")]
    broad_because: Option<String>,
}

/// Refuse an agent that asked to come in; its name is free again.
#[derive(Debug, Args)]
pub(crate) struct Rejection {
    #[command(flatten)]
    agent: Named,
    /// Why; the agent is told.
    #[arg(long, value_name = "TEXT")]
    because: Option<String>,
}

/// Show an agent.
#[derive(Debug, Args)]
pub(crate) struct Named {
    /// Its name or id.
    agent: String,
    /// The project its name is looked up in.
    #[arg(long)]
    project: Option<String>,
}

/// List agents.
#[derive(Debug, Args)]
pub(crate) struct Filter {
    /// Only those of this project.
    #[arg(long)]
    project: Option<String>,
    /// Only those in this state: pending, active, suspended or retired.
    #[arg(long)]
    state: Option<String>,
}

pub(crate) async fn run(command: &Command, invocation: &Invocation) -> Result<(), Failure> {
    match command {
        Command::Add(addition) => add(addition, invocation).await,
        Command::List(filter) => list(filter, invocation).await,
        Command::Show(named) => {
            let agent = invocation.client()?.get(&named.path(""), &[]).await?;
            say(&agent, invocation);
            Ok(())
        }
        Command::Set(change) => set(change, invocation).await,
        Command::Approve(approval) => approve(approval, invocation).await,
        Command::Refuse(rejection) => {
            let mut body = Map::new();
            put(&mut body, "because", rejection.because.as_ref());
            act(&rejection.agent, "refuse", body, invocation).await
        }
        Command::Suspend(named) => act(named, "suspend", Map::new(), invocation).await,
        Command::Resume(named) => act(named, "resume", Map::new(), invocation).await,
        Command::Retire(named) => act(named, "retire", Map::new(), invocation).await,
        Command::Client(registration) => agent_client::run(registration, invocation).await,
    }
}

async fn add(addition: &Addition, invocation: &Invocation) -> Result<(), Failure> {
    let mut body = Map::new();
    body.insert("name".into(), json!(addition.name));
    body.insert("owner".into(), json!(addition.owner));
    put(&mut body, "purpose", addition.purpose.as_ref());
    put(&mut body, "kind", addition.kind.as_ref());
    put(&mut body, "project", addition.project.as_ref());
    addition.ceiling.write(&mut body);
    let agent = invocation.client()?.post("/api/v1/agents", &body.into()).await?;
    say(&agent, invocation);
    let name = &addition.name;
    invocation.output.aside(&format!(
        "\nNext, give it a key:\n  bailiwick key new {name}.jwk > {name}.pub\n  \
         bailiwick key add {name} --jwk {name}.pub"
    ));
    Ok(())
}

async fn list(filter: &Filter, invocation: &Invocation) -> Result<(), Failure> {
    let mut query = Vec::new();
    query.extend(filter.project.clone().map(|project| ("project", project)));
    query.extend(filter.state.clone().map(|state| ("state", state)));
    let list = invocation.client()?.list("/api/v1/agents", "agents", &query).await?;
    invocation.output.say(&list, || {
        let columns = ["name", "state", "owner", "limit", "scopes", "id"];
        let row = |agent: &Value| columns.iter().map(|key| text(agent, key)).collect();
        let rows: Vec<Vec<String>> = items(&list, "agents").iter().map(row).collect();
        if rows.is_empty() {
            return "no agents yet; `bailiwick agent add NAME --owner WHO` adds one".to_owned();
        }
        table(&["NAME", "STATE", "OWNER", "LIMIT", "SCOPES", "ID"], &rows)
    });
    Ok(())
}

async fn set(change: &Change, invocation: &Invocation) -> Result<(), Failure> {
    let mut body = Map::new();
    put(&mut body, "owner", change.owner.as_ref());
    put(&mut body, "purpose", change.purpose.as_ref());
    change.ceiling.write(&mut body);
    if change.any_network {
        body.insert("networks".into(), json!([]));
    }
    if change.no_scopes {
        body.insert("scopes".into(), json!([]));
    }
    if change.no_limit {
        body.insert("limit".into(), Value::Null);
    }
    if body.is_empty() {
        return Err(Failure::usage("nothing to change").hint("name at least one of the options"));
    }
    let agent = invocation.client()?.patch(&change.agent.path(""), &body.into()).await?;
    say(&agent, invocation);
    Ok(())
}

async fn approve(approval: &Approval, invocation: &Invocation) -> Result<(), Failure> {
    let mut body = Map::new();
    if approval.no_scopes || !approval.scope.is_empty() {
        body.insert("scopes".into(), json!(approval.scope));
    }
    put(&mut body, "broad_because", approval.broad_because.as_ref());
    act(&approval.agent, "approve", body, invocation).await
}

async fn act(
    named: &Named,
    verb: &str,
    body: Map<String, Value>,
    invocation: &Invocation,
) -> Result<(), Failure> {
    let path = named.path(&format!("/{verb}"));
    let agent = invocation.client()?.post(&path, &body.into()).await?;
    let line = || format!("{} is {}", text(&agent, "name"), text(&agent, "state"));
    invocation.output.say(&agent, line);
    Ok(())
}

fn say(agent: &Value, invocation: &Invocation) {
    let keys = [
        "name",
        "id",
        "project",
        "subject",
        "owner",
        "purpose",
        "kind",
        "state",
        "scopes",
        "limit",
        "networks",
        "broad_because",
        "refused_because",
        "created_at",
        "updated_at",
    ];
    invocation.output.say(agent, || facts(&keys.map(|key| (key, text(agent, key)))));
}

fn put(body: &mut Map<String, Value>, key: &str, value: Option<&String>) {
    if let Some(value) = value {
        body.insert(key.to_owned(), json!(value));
    }
}

impl Ceiling {
    fn write(&self, body: &mut Map<String, Value>) {
        if !self.scope.is_empty() {
            body.insert("scopes".into(), json!(self.scope));
        }
        if !self.network.is_empty() {
            body.insert("networks".into(), json!(self.network));
        }
        put(body, "limit", self.limit.as_ref());
        put(body, "broad_because", self.broad_because.as_ref());
    }
}

impl Named {
    fn path(&self, rest: &str) -> String {
        let project = self.project.as_deref().map(|name| format!("?project={}", segment(name)));
        format!("/api/v1/agents/{}{rest}{}", segment(&self.agent), project.unwrap_or_default())
    }
}
