//! A request as people write it down, for cases and to be explained.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::str::FromStr;
use std::sync::Arc;

use bailiwick_domain::agent::{DEFAULT_PROJECT, Kind};
use bailiwick_domain::credential::Strength;
use bailiwick_domain::operation::Operation;
use bailiwick_domain::scope::ScopeSet;
use bailiwick_domain::time::Timestamp;
use bailiwick_policy::fields::{Field, Found};
use bailiwick_policy::question::Question;
use serde::Deserialize;

/// A Monday at noon, UTC: when a request is that says nothing of time.
const NOON: &str = "2026-01-05T12:00:00Z";

/// A request; only `operation` has to be said.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawRequest {
    /// The agent's name.
    agent: Option<String>,
    project: Option<String>,
    owner: Option<String>,
    /// `copilot` or `autonomous`; the latter when left out.
    kind: Option<String>,
    /// API, method and path template: `acme GET /tickets/{id}`.
    operation: String,
    /// What the operation asks for.
    requires: Option<Vec<String>>,
    sensitivity: Option<String>,
    approval: Option<String>,
    person: Option<String>,
    chain: Option<usize>,
    task: Option<String>,
    purpose: Option<String>,
    proof: Option<String>,
    /// What the agent holds; what the operation asks for when left out.
    scopes: Option<Vec<String>>,
    time: Option<String>,
    address: Option<String>,
    #[serde(default)]
    fields: BTreeMap<String, RawField>,
}

/// A field of the request; what is neither of these is unfit for policies.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
enum RawField {
    Text(String),
    Number(i64),
    Truth(bool),
    Unfit(serde::de::IgnoredAny),
}

impl RawRequest {
    /// The question that it asks, or what is wrong with it.
    pub(super) fn read(self) -> Result<Question, String> {
        let mut words = self.operation.splitn(3, ' ');
        let (Some(api), Some(method), Some(template)) = (words.next(), words.next(), words.next())
        else {
            return Err("`operation` is as in \"acme GET /tickets/{id}\"".to_owned());
        };
        let required = scopes("requires", self.requires.as_deref().unwrap_or_default())?;
        let held = self.scopes.as_deref().map(|texts| scopes("scopes", texts)).transpose()?;
        let operation = Operation {
            sensitivity: word("sensitivity", self.sensitivity.as_deref())?.unwrap_or_default(),
            approval: word("approval", self.approval.as_deref())?.unwrap_or_default(),
            ..Operation::new(api, method, template, required.clone())
        };
        let chain = self.chain.unwrap_or_else(|| usize::from(self.person.is_some()));
        Ok(Question {
            agent: self.agent.unwrap_or_else(|| "agent".to_owned()),
            project: self.project.unwrap_or_else(|| DEFAULT_PROJECT.to_owned()),
            owner: self.owner.unwrap_or_default(),
            kind: word("kind", self.kind.as_deref())?.unwrap_or(Kind::Autonomous),
            operation: Arc::new(operation),
            person: self.person,
            chain,
            task: self.task,
            purpose: self.purpose,
            proof: word("proof", self.proof.as_deref())?.unwrap_or(Strength::Key),
            scopes: held.unwrap_or(required),
            at: instant(self.time.as_deref().unwrap_or(NOON))?,
            address: word("address", self.address.as_deref())?
                .unwrap_or(IpAddr::from([127, 0, 0, 1])),
            fields: self.fields.into_iter().map(field).collect::<Result<_, _>>()?,
        })
    }
}

fn field((name, value): (String, RawField)) -> Result<(String, Found<'static>), String> {
    Field::named(&name, false).map_err(|error| error.to_string())?;
    let found = match value {
        RawField::Text(text) => Found::Text(text.into()),
        RawField::Number(number) => Found::Number(number),
        RawField::Truth(truth) => Found::Text(truth.to_string().into()),
        RawField::Unfit(_) => Found::Unfit,
    };
    Ok((name, found))
}

fn scopes(name: &str, texts: &[String]) -> Result<ScopeSet, String> {
    let texts = texts.iter().map(String::as_str);
    ScopeSet::from_texts(texts).map_err(|error| format!("`{name}`: {error}"))
}

fn word<T>(name: &str, text: Option<&str>) -> Result<Option<T>, String>
where
    T: FromStr,
    T::Err: std::fmt::Display,
{
    let read = text.map(str::parse).transpose();
    read.map_err(|error: T::Err| format!("`{name}`: {error}"))
}

fn instant(text: &str) -> Result<Timestamp, String> {
    text.parse().map_err(|error| format!("`time`: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn read(value: Value) -> Result<Question, String> {
        serde_json::from_value::<RawRequest>(value).map_err(|it| it.to_string())?.read()
    }

    #[test]
    fn only_the_operation_has_to_be_said() {
        let asked =
            read(json!({ "operation": "acme GET /t/{id}", "requires": ["t:read"] })).unwrap();
        assert_eq!(asked.scopes, asked.operation.scopes);
        assert_eq!((asked.chain, asked.kind), (0, Kind::Autonomous));
        let asked = read(json!({
            "operation": "acme POST /t", "kind": "copilot", "person": "psn_1", "scopes": [],
            "fields": { "body/n": 7, "body/t": true, "body/l": [1], "path/id": "x" },
        }))
        .unwrap();
        assert_eq!((asked.chain, asked.scopes.is_empty()), (1, true));
        let fields = [
            ("body/l", Found::Unfit),
            ("body/n", Found::Number(7)),
            ("body/t", Found::Text("true".into())),
            ("path/id", Found::Text("x".into())),
        ];
        assert!(asked.fields.iter().map(|(name, found)| (name.as_str(), found.clone())).eq(fields));
    }

    #[test]
    fn what_cannot_be_meant_is_named() {
        let check = |value: Value, said: &str| {
            let refused = read(value).unwrap_err();
            assert!(refused.contains(said), "{refused}");
        };
        check(json!({}), "operation");
        check(json!({ "operation": "acme GET" }), "`operation`");
        check(json!({ "operation": "a GET /", "kind": "robot" }), "`kind`");
        check(json!({ "operation": "a GET /", "sensitivity": "secret" }), "`sensitivity`");
        check(json!({ "operation": "a GET /", "time": "noon" }), "`time`");
        check(json!({ "operation": "a GET /", "fields": { "amount": 1 } }), "`amount`");
        check(json!({ "operation": "a GET /", "sensitive": true }), "sensitive");
    }
}
