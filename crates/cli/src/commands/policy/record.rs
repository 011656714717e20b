//! The request that a record is of, as far as the record says.

use std::collections::BTreeMap;
use std::str::FromStr;
use std::sync::Arc;

use bailiwick_domain::id::PersonId;
use bailiwick_domain::mcp::RESOURCES_READ;
use bailiwick_domain::operation::Operation;
use bailiwick_domain::scope::ScopeSet;
use bailiwick_domain::uri_template::UriTemplate;
use bailiwick_policy::fields::Found;
use bailiwick_policy::question::Question;
use serde_json::Value;

use crate::commands::shown::{items, text};

/// What no record holds, and is taken as absent, or as it is now.
pub(super) const UNKNOWN: [&str; 4] = [
    "fields of the query and the body: a record has their digests only; they are taken as absent",
    "scopes that the agent held and the operation does not ask for",
    "the operation's scopes, sensitivity and approval mark as they were: taken as they are now",
    "the policies as they were, where others are in force now: --policies explains by those",
];

/// The question that the request put to the policies; `api` is the API as it is described now.
pub(super) fn question(record: &Value, api: &Value) -> Result<Question, String> {
    let agent = record.get("agent").ok_or("no agent had proved itself: no policy was asked")?;
    let named = text(record, "operation");
    let (method, template) =
        named.split_once(' ').ok_or("no operation was named: no policy was asked")?;
    let described = items(api, "operations").iter().find(|operation| {
        text(operation, "method") == method && text(operation, "path") == template
    });
    let described = described.ok_or("the operation is not described any more")?;
    let scopes = scopes(described, "scopes")?;
    let held = items(record, "scopes_used").iter().filter_map(Value::as_str);
    let held = held.filter_map(|scope| scope.parse().ok()).chain(scopes.iter().cloned());
    let held = ScopeSet::new(held);
    let subject = text(record, "on_behalf_of");
    let word = |object: &Value, key: &str| Some(text(object, key)).filter(|it| !it.is_empty());
    Ok(Question {
        agent: text(agent, "name"),
        project: text(agent, "project"),
        owner: text(agent, "owner"),
        kind: read(agent, "kind")?,
        operation: Arc::new(Operation {
            sensitivity: optional(described, "sensitivity")?.unwrap_or_default(),
            approval: optional(described, "approval")?.unwrap_or_default(),
            ..Operation::new(&text(record, "api"), method, template, scopes)
        }),
        person: subject.parse::<PersonId>().is_ok().then_some(subject),
        chain: items(record, "chain").len().saturating_sub(1),
        task: word(record, "task"),
        purpose: word(record, "purpose"),
        proof: read(record, "strength")?,
        scopes: held,
        at: read(record, "time")?,
        address: read(record, "address")?,
        fields: match record.get("gen_ai") {
            Some(called) if method == RESOURCES_READ => variables(template, &text(called, "name")),
            _ => parameters(template, &text(record, "resource"), &text(api, "prefix")),
        },
    })
}

fn parameters(template: &str, path: &str, prefix: &str) -> BTreeMap<String, Found<'static>> {
    let path = path.strip_prefix(prefix).unwrap_or(path);
    let segments = template.split('/').zip(path.split('/'));
    let named = segments.filter_map(|(of_template, segment)| {
        let name = of_template.strip_prefix('{')?.strip_suffix('}')?;
        Some((format!("path/{name}"), text_of(segment)))
    });
    named.collect()
}

/// Of a resource of MCP, whose name is its URI.
fn variables(template: &str, uri: &str) -> BTreeMap<String, Found<'static>> {
    let Ok(template) = UriTemplate::parse(template) else { return BTreeMap::new() };
    let variables = template.variables(uri).into_iter();
    variables.map(|(name, value)| (format!("path/{name}"), text_of(value))).collect()
}

fn text_of(value: &str) -> Found<'static> {
    Found::Text(value.to_owned().into())
}

fn scopes(object: &Value, key: &str) -> Result<ScopeSet, String> {
    let texts = items(object, key).iter().filter_map(Value::as_str);
    ScopeSet::from_texts(texts).map_err(|error| error.to_string())
}

fn read<T: FromStr>(object: &Value, key: &str) -> Result<T, String> {
    text(object, key).parse().map_err(|_| format!("the record's `{key}` cannot be read"))
}

fn optional<T: FromStr>(object: &Value, key: &str) -> Result<Option<T>, String> {
    if text(object, key).is_empty() { Ok(None) } else { read(object, key).map(Some) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_record_says_who_asked_for_what_and_how() {
        let record = json!({
            "address": "192.0.2.7", "api": "acme", "operation": "GET /tickets/{id}",
            "agent": { "name": "a", "project": "p", "owner": "o", "kind": "copilot" },
            "chain": ["psn_00000000000000000000000001", "spiffe://x/p/a"],
            "on_behalf_of": "psn_00000000000000000000000001", "purpose": "why",
            "resource": "/acme/tickets/7", "strength": "mac", "time": "2026-01-05T12:00:00.000Z",
        });
        let operation = json!({
            "method": "GET", "path": "/tickets/{id}", "scopes": ["tickets:read"],
            "sensitivity": "restricted",
        });
        let api = json!({ "prefix": "/acme", "operations": [operation] });
        let asked = question(&record, &api).unwrap();
        assert_eq!((asked.chain, asked.person.is_some(), asked.task), (1, true, None));
        assert_eq!(asked.operation.sensitivity.as_str(), "restricted");
        assert_eq!(asked.scopes.to_string(), "tickets:read");
        assert_eq!(asked.fields["path/id"], Found::Text("7".into()));
        let resource = json!({
            "operation": "resources/read x://{year}/{id}", "gen_ai": { "name": "x://2026/7" },
            "resource": "/mcp", "agent": record["agent"], "strength": "key",
            "time": record["time"], "address": record["address"],
        });
        let described = json!({ "method": "resources/read", "path": "x://{year}/{id}" });
        let asked = question(&resource, &json!({ "operations": [described] })).unwrap();
        assert_eq!(asked.fields["path/year"], Found::Text("2026".into()));
        for (key, said) in [("agent", "no agent"), ("operation", "no operation")] {
            let mut less = record.clone();
            less.as_object_mut().unwrap().remove(key);
            assert!(question(&less, &api).unwrap_err().contains(said));
        }
        assert!(question(&record, &json!({})).unwrap_err().contains("not described any more"));
    }
}
