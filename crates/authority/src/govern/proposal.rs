//! What to configure before an API that was only observed is enforced, out of what was seen: the
//! operations that nobody described, the scopes that its agents lack, and what else was refused.

use std::collections::{BTreeMap, BTreeSet};

use bailiwick_contract::scopes;
use bailiwick_domain::agent::Name;
use bailiwick_domain::api::Api;
use bailiwick_domain::decision::Outcome;
use bailiwick_domain::id::AgentId;
use bailiwick_domain::operation::MAX_SEGMENTS;
use bailiwick_domain::scope::ScopeSet;
use bailiwick_domain::time::Timestamp;
use bailiwick_store::records::{MAX_RECORDS, Order, Query};
use serde_json::Value;

use crate::authority::Authority;
use crate::fault::Fault;

/// The most records that are read for one proposal, newest first.
pub(crate) const MOST: u64 = 20_000;
/// The most operations that are proposed; whoever calls more paths than that is trying them out.
const MOST_OPERATIONS: usize = 500;

/// What was seen, and what follows from it.
#[derive(Debug, Default)]
pub(crate) struct Proposal {
    /// How many requests would have been refused.
    pub(crate) requests: u64,
    /// Whether there were more of them than were read.
    pub(crate) is_cut: bool,
    /// By which codes.
    pub(crate) refusals: BTreeMap<String, Refusals>,
    /// What was asked for and is not described: method and path template, and how often.
    pub(crate) operations: BTreeMap<(String, String), u64>,
    /// Who lacks what.
    pub(crate) lacking: BTreeMap<AgentId, Lacking>,
}

/// The requests that one code would have refused.
#[derive(Debug, Default)]
pub(crate) struct Refusals {
    /// How many.
    pub(crate) requests: u64,
    /// The agents they are known to be of, by name.
    pub(crate) agents: BTreeSet<String>,
    /// The record of the newest.
    pub(crate) record: String,
}

/// An agent, and the scopes that it asked for and does not hold.
#[derive(Debug)]
pub(crate) struct Lacking {
    /// Its name.
    pub(crate) name: Name,
    /// Its project.
    pub(crate) project: String,
    /// What it holds.
    pub(crate) held: ScopeSet,
    /// What it would take in addition.
    pub(crate) missing: ScopeSet,
}

/// Reads what was observed of an API since then.
pub(crate) async fn propose(
    authority: &Authority,
    api: &Api,
    since: Option<Timestamp>,
) -> Result<Proposal, Fault> {
    let mut proposal = Proposal::default();
    let mut query = Query {
        would_be: Some(Outcome::Denied),
        api: Some(api.name.to_string()),
        since,
        order: Order::NewestFirst,
        limit: MAX_RECORDS,
        ..Query::default()
    };
    let mut asked: BTreeSet<(AgentId, String)> = BTreeSet::new();
    loop {
        let found = authority.records().search(&query).await?;
        for record in &found {
            let record = serde_json::from_str(&record.text);
            let record: Value = record.map_err(|_| Fault::Corrupt("a record of the ledger"))?;
            proposal.add(&record, api, &mut asked);
        }
        query.after = found.last().map(|found| found.index);
        if found.len() < usize::try_from(MAX_RECORDS).unwrap_or(usize::MAX) {
            break;
        }
        if proposal.requests >= MOST {
            proposal.is_cut = true;
            break;
        }
    }
    proposal.find_lacking(authority, api, &asked).await?;
    Ok(proposal)
}

impl Proposal {
    fn add(&mut self, record: &Value, api: &Api, asked: &mut BTreeSet<(AgentId, String)>) {
        let text = |pointer: &str| record.pointer(pointer).and_then(Value::as_str);
        let Some(code) = text("/decision/would_be/code") else { return };
        self.requests += 1;
        let refusals = self.refusals.entry(code.to_owned()).or_default();
        if refusals.requests == 0 {
            text("/id").unwrap_or_default().clone_into(&mut refusals.record);
        }
        refusals.requests += 1;
        refusals.agents.extend(text("/agent/name").map(str::to_owned));
        let agent = text("/agent/id").and_then(|id| id.parse().ok());
        match (code, text("/method"), text("/resource"), text("/operation"), agent) {
            ("operation_unknown", Some(method), Some(path), ..) => self.note(method, path, api),
            ("scope_missing", .., Some(operation), Some(agent)) => {
                asked.insert((agent, operation.to_owned()));
            }
            _ => {}
        }
    }

    fn note(&mut self, method: &str, path: &str, api: &Api) {
        let path = path.strip_prefix(&*api.prefix).filter(|path| path.starts_with('/'));
        let Some(template) = path.and_then(generalize) else { return };
        let operation = (method.to_owned(), template);
        if self.operations.len() < MOST_OPERATIONS || self.operations.contains_key(&operation) {
            *self.operations.entry(operation).or_default() += 1;
        }
    }

    /// Holds what each agent asked for against what it may be granted now.
    async fn find_lacking(
        &mut self,
        authority: &Authority,
        api: &Api,
        asked: &BTreeSet<(AgentId, String)>,
    ) -> Result<(), Fault> {
        let mut tx = authority.store.read().await?;
        for (id, operation) in asked {
            let described = api.operations.iter().find(|it| it.to_string() == *operation);
            let (Some(described), Some(agent)) = (described, tx.agents().find(*id).await?) else {
                continue;
            };
            let missing = described.scopes.missing_from(&agent.scopes);
            if missing.is_empty() {
                continue;
            }
            let lacking = self.lacking.entry(*id).or_insert_with(|| Lacking {
                name: agent.name,
                project: agent.project.to_string(),
                held: agent.scopes,
                missing: ScopeSet::default(),
            });
            lacking.missing = ScopeSet::new(lacking.missing.iter().chain(missing.iter()).cloned());
        }
        Ok(())
    }
}

/// The scopes to ask for an operation that nobody described.
pub(crate) fn scopes_for(method: &str, template: &str) -> ScopeSet {
    scopes::propose(method, template)
}

/// The template that a path seems to be of: what looks like the name of one thing among many is a
/// parameter. None for a path that no template matches.
fn generalize(path: &str) -> Option<String> {
    let mut template = String::with_capacity(path.len());
    let mut parameters = 0;
    for (place, segment) in path.split('/').skip(1).enumerate() {
        if place == MAX_SEGMENTS || segment.contains(['{', '}', '?', '#', '%']) {
            return None;
        }
        template.push('/');
        if is_of_many(segment) {
            parameters += 1;
            let name =
                if parameters == 1 { "{id}".to_owned() } else { format!("{{id{parameters}}}") };
            template.push_str(&name);
        } else {
            template.push_str(segment);
        }
    }
    Some(template)
}

/// Whether a segment looks like a number, or an id: something with digits that is no version.
fn is_of_many(segment: &str) -> bool {
    let digits = segment.bytes().filter(u8::is_ascii_digit).count();
    let plain = segment.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte));
    let only_digits = digits > 0 && digits == segment.len();
    only_digits || (plain && digits >= 2 && segment.len() >= 8)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(path: &str, expected: Option<&str>) {
        assert_eq!(generalize(path).as_deref(), expected, "{path}");
    }

    #[test]
    fn what_names_one_of_many_becomes_a_parameter() {
        check("/invoices/7", Some("/invoices/{id}"));
        check("/v2/invoices/7/lines/12", Some("/v2/invoices/{id}/lines/{id2}"));
        check("/users/018f4a3b-9c1d-7e2f-8a00-1234567890ab", Some("/users/{id}"));
        check("/files/inv_01h455vb4pex5vsknk084sn02q", Some("/files/{id}"));
        check("/oauth2/token", Some("/oauth2/token"));
        check("/", Some("/"));
        check("/reports/", Some("/reports/"));
        check("/a%2fb", None);
        check(&"/x".repeat(40), None);
    }
}
