//! What of an API is served: the operations of its document, as far as their scopes are settled,
//! and those of the configuration, which go before.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use bailiwick_domain::operation::Operation;
use serde_json::Value;

use crate::card::Card;
use crate::contract::Contract;
use crate::definition::Definition;
use crate::document::{Described, Document, Scopes};
use crate::mask::Mask;
use crate::operation::key;

/// The operations of an API with what is described of them.
#[derive(Debug, Default)]
pub struct Service {
    operations: Vec<Arc<Operation>>,
    waiting: Vec<Arc<Operation>>,
    bound: BTreeMap<String, BTreeMap<String, Bound>>,
    instructions: Option<String>,
    card: Option<Arc<Card>>,
}

/// What a document describes of an operation that is served.
#[derive(Debug, Clone)]
pub struct Bound {
    /// What a request has to fit.
    pub contract: Arc<Contract>,
    /// What of its answers is labelled.
    pub mask: Arc<Mask>,
    /// What of its bodies is labelled, and not shown to people who decide about a request.
    pub body_mask: Arc<Mask>,
    definition: Option<Arc<Definition>>,
}

/// Proposed scopes that somebody has confirmed: each an operation and what it asks for. Printed and
/// read as a line each.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Confirmed(BTreeSet<String>);

impl Service {
    /// Of what is configured alone.
    pub fn configured(operations: &[Arc<Operation>]) -> Self {
        Self { operations: operations.to_vec(), ..Self::default() }
    }

    /// Of a document and the configuration. What the configuration says of an operation replaces
    /// what the document says of its scopes, sensitivity, approval and limit; what a request has to
    /// fit is the document's. An operation whose scopes are only proposed is not served until they
    /// are confirmed.
    pub fn new(
        configured: &[Arc<Operation>],
        api: &Arc<str>,
        document: &Document,
        confirmed: &Confirmed,
    ) -> Self {
        let mut service = Self::configured(configured);
        service.instructions.clone_from(&document.instructions);
        service.card.clone_from(&document.card);
        let known: BTreeMap<String, Arc<Operation>> =
            configured.iter().map(|it| (key(&it.method, &it.template), Arc::clone(it))).collect();
        for described in &document.operations {
            let served = if let Some(operation) = known.get(&described.key()) {
                Arc::clone(operation)
            } else {
                let operation = Arc::new(described.operation(api));
                if !confirmed.settles(described) {
                    service.waiting.push(operation);
                    continue;
                }
                service.operations.push(Arc::clone(&operation));
                operation
            };
            let bound = Bound {
                contract: Arc::clone(&described.contract),
                mask: Arc::clone(&described.mask),
                body_mask: Arc::clone(&described.body_mask),
                definition: described.definition.clone(),
            };
            let of_template = service.bound.entry(served.template.clone()).or_default();
            of_template.insert(served.method.clone(), bound);
        }
        service
    }

    /// What can be asked for.
    pub fn operations(&self) -> &[Arc<Operation>] {
        &self.operations
    }

    /// What is described and waits for somebody to confirm its scopes.
    pub fn waiting(&self) -> &[Arc<Operation>] {
        &self.waiting
    }

    /// What is described of an operation that is served.
    pub fn bound(&self, operation: &Operation) -> Option<&Bound> {
        self.bound.get(&operation.template)?.get(&operation.method)
    }

    /// Whether anything of any answer is labelled.
    pub fn is_labelled(&self) -> bool {
        self.bound.values().flat_map(BTreeMap::values).any(|bound| !bound.mask.is_empty())
    }

    /// What the catalog or card in force says of a tool, resource, template, prompt or skill that
    /// is served: the method of its operation, and its name, URI, URI template or id. What `_meta`
    /// says to the gateway is left out.
    pub fn definition(&self, method: &str, name: &str) -> Option<&Value> {
        self.defined(method, name).map(Definition::value)
    }

    /// What the server of the catalog in force tells a model of how it is used.
    pub fn instructions(&self) -> Option<&str> {
        self.instructions.as_deref()
    }

    /// The card in force.
    pub fn card(&self) -> Option<&Card> {
        self.card.as_deref()
    }

    pub(crate) fn defined(&self, method: &str, name: &str) -> Option<&Definition> {
        self.bound.get(name)?.get(method)?.definition.as_deref()
    }
}

impl Confirmed {
    /// The proposals of a document, all of them.
    pub fn all(document: &Document) -> Self {
        Self(document.operations.iter().filter_map(line).collect())
    }

    /// Read from lines.
    pub fn read(text: &str) -> Self {
        Self(text.lines().filter(|line| !line.is_empty()).map(str::to_owned).collect())
    }

    /// As lines.
    pub fn write(&self) -> String {
        self.0.iter().flat_map(|line| [line, "\n"]).collect()
    }

    /// What either has.
    #[must_use]
    pub fn with(mut self, other: Self) -> Self {
        self.0.extend(other.0);
        self
    }

    fn settles(&self, described: &Described) -> bool {
        line(described).is_none_or(|line| self.0.contains(&line))
    }
}

/// The line of an operation whose scopes are proposed: the same operation with the same scopes is
/// confirmed in a later version too.
fn line(described: &Described) -> Option<String> {
    match &described.scopes {
        Scopes::Stated(_) => None,
        Scopes::Proposed(scopes) => Some(format!("{} {scopes}", described.key())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn document() -> Document {
        let document = json!({"openapi": "3.1.0", "paths": {
            "/t": {"get": {}, "post": {"x-bailiwick": {"scopes": ["t:make"]}}},
            "/t/{id}": {"delete": {"x-bailiwick": {"scopes": ["t:end"]}}},
        }});
        Document::read(document.to_string().as_bytes()).unwrap()
    }

    fn names(operations: &[Arc<Operation>]) -> Vec<String> {
        operations.iter().map(|it| format!("{it} {}", it.scopes)).collect()
    }

    #[test]
    fn proposed_scopes_wait_until_they_are_confirmed() {
        let document = document();
        let service = Service::new(&[], &"acme".into(), &document, &Confirmed::default());
        assert_eq!(names(service.operations()), ["POST /t t:make", "DELETE /t/{id} t:end"]);
        assert_eq!(names(service.waiting()), ["GET /t t:read"]);
        let confirmed = Confirmed::read(&Confirmed::all(&document).write());
        assert_eq!(confirmed, Confirmed::all(&document));
        let service = Service::new(&[], &"acme".into(), &document, &confirmed);
        assert_eq!(service.operations().len(), 3);
        let other = Confirmed::read("GET /t t:write\nGET /u t:read\n");
        let service = Service::new(&[], &"acme".into(), &document, &other);
        assert_eq!(service.waiting().len(), 1, "other scopes, another operation");
    }

    #[test]
    fn the_configuration_goes_before_and_keeps_the_contract() {
        let scopes = |text: &str| text.parse().unwrap();
        let own = [
            Arc::new(Operation::new("acme", "DELETE", "/t/{name}", scopes("t:own"))),
            Arc::new(Operation::new("acme", "GET", "/t", scopes("t:see"))),
            Arc::new(Operation::new("acme", "GET", "/more", scopes("more:read"))),
        ];
        let service = Service::new(&own, &"acme".into(), &document(), &Confirmed::default());
        let expected =
            ["DELETE /t/{name} t:own", "GET /t t:see", "GET /more more:read", "POST /t t:make"];
        assert_eq!(names(service.operations()), expected);
        let bound = service.operations().iter().map(|it| service.bound(it).is_some());
        assert_eq!(bound.collect::<Vec<_>>(), [true, true, false, true]);
        assert!(service.waiting().is_empty());
    }
}
