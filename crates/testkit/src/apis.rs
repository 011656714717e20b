//! The APIs behind a test's gateway.

use std::sync::Arc;

use bailiwick_domain::api::{Api, Enforcement, Kind, Mode};
use bailiwick_domain::credential::Strength;
use bailiwick_domain::operation::{ApprovalRule, Operation, Sensitivity};
use bailiwick_domain::scope::ScopeSet;
use bailiwick_gateway::settings::Backend;

use crate::choices::Choices;

pub(crate) fn scopes(texts: &[&str]) -> ScopeSet {
    ScopeSet::from_texts(texts.iter().copied()).unwrap()
}

fn operation(api: &str, named: &str, needed: &[&str], limit: Option<&str>) -> Operation {
    let (method, template) = named.split_once(' ').unwrap();
    let limit = limit.map(|limit| limit.parse().unwrap());
    Operation { limit, ..Operation::new(api, method, template, scopes(needed)) }
}

/// An operation for which nobody is asked to agree.
fn unasked(operation: Operation) -> Operation {
    Operation { approval: ApprovalRule::Never, ..operation }
}

fn confidential(operation: Operation) -> Operation {
    Operation { sensitivity: Sensitivity::Confidential, ..operation }
}

/// An operation that so many people approve first.
fn approved(api: &str, named: &str, approvers: u8, limit: Option<&str>) -> Operation {
    let operation = operation(api, named, &["tickets:write"], limit);
    Operation { approval: ApprovalRule::Always, approvers, ..operation }
}

pub(crate) fn api(name: &str, upstream: &str, proof: Strength) -> Backend {
    let operations = vec![
        operation(name, "GET /tickets/{id}", &["tickets:read"], None),
        operation(name, "POST /tickets", &["tickets:write"], None),
        operation(name, "PUT /tickets/{id}", &["tickets:write", "tickets:admin"], None),
        unasked(operation(name, "DELETE /tickets/{id}", &["tickets:write"], None)),
        operation(name, "DELETE /accounts/{id}", &["tickets:write"], None),
        confidential(operation(name, "POST /salaries", &["tickets:write"], None)),
        operation(name, "POST /refunds", &["tickets:write"], Some("2/min")),
        operation(name, "GET /never", &["tickets:read"], None),
        operation(name, "GET /broken", &["tickets:read"], None),
        approved(name, "POST /payouts", 1, None),
        approved(name, "POST /payouts/batch", 1, Some("1/min")),
        approved(name, "DELETE /payouts/{id}", 2, None),
        approved(name, "POST /broken", 1, None),
    ];
    let api = Api {
        name: name.into(),
        kind: Kind::Http,
        hosts: Vec::new(),
        prefix: format!("/{name}"),
        upstream: upstream.to_owned(),
        resource: format!("http://gateway.test/{name}"),
        proof,
        mode: Mode::Enforce,
        pass_signature: false,
        workload_tokens: false,
        txn_token: true,
        described: false,
        contract: Enforcement::default(),
        operations: operations.into_iter().map(Arc::new).collect(),
    };
    Backend { api, upstream_ca: None, card_keys: None }
}

/// The server of MCP, where a test has one: nothing of it is served before it is described.
pub(crate) fn mcp(upstream: &str) -> Backend {
    let mut backend = api("mcp", upstream, Strength::Bearer);
    backend.api.kind = Kind::Mcp;
    backend.api.hosts = ["gateway.test", "127.0.0.1", "localhost"].map(str::to_owned).to_vec();
    backend.api.operations.clear();
    backend.api.described = true;
    backend
}

/// The agent that speaks A2A, where a test has one: nothing of it is served before it is described.
pub(crate) fn a2a(upstream: &str, choices: &Choices) -> Backend {
    let mut backend = api("agent", upstream, Strength::Bearer);
    backend.api.kind = Kind::A2a;
    backend.api.operations.clone_from(&choices.a2a_operations);
    backend.card_keys.clone_from(&choices.card_keys);
    backend.api.described = true;
    backend
}

/// The API that is only observed.
pub(crate) fn trial(upstream: &str) -> Backend {
    let mut backend = api("trial", upstream, Strength::Key);
    backend.api.mode = Mode::Observe;
    backend
}

/// The API for workloads: it takes their own platforms' tokens.
pub(crate) fn jobs(upstream: &str) -> Backend {
    let mut backend = api("jobs", upstream, Strength::Bearer);
    backend.api.workload_tokens = true;
    backend
}
