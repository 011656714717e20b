//! What of a server's lists a caller is shown.
//!
//! A model reads what a tool says of itself, and does what it is told there. So an entry is shown
//! only as it was accepted: one that no catalog in force has, or that says something else now, is
//! left out, and so is one that the caller may not use. Nothing that is shown is rewritten.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

pub use crate::list::List;
use crate::service::Service;

/// What came of filtering.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filtered {
    /// How many entries were left in.
    pub shown: usize,
    /// How many were taken out.
    pub hidden: usize,
    /// Of those, the names, URIs or URI templates whose definition is not the one accepted, in
    /// order; each once.
    pub changed: Vec<String>,
}

impl List {
    /// Filters the `result` of an answer to [`List::method`] in place. `allows` is asked with the
    /// name, URI or URI template of what is served and says what was accepted.
    ///
    /// An answer of another shape is made an empty list. What is left is of one caller, and is
    /// marked as not to be shared (`cacheScope`, revision 2026-07-28).
    pub fn filter(
        self,
        answer: &mut Value,
        allows: &dyn Fn(&str) -> bool,
        service: &Service,
    ) -> Filtered {
        let mut filtering = Filtering {
            list: self,
            allows,
            service,
            seen: BTreeSet::new(),
            changed: BTreeSet::new(),
        };
        let mut filtered = Filtered::default();
        if !answer.is_object() {
            *answer = Value::Object(Map::new());
        }
        let Some(members) = answer.as_object_mut() else { return filtered };
        if let Some(scope) = members.get_mut("cacheScope") {
            *scope = "private".into();
        }
        let entries = members.entry(self.member()).or_insert_with(|| Value::Array(Vec::new()));
        if !entries.is_array() {
            *entries = Value::Array(Vec::new());
        }
        if let Some(entries) = entries.as_array_mut() {
            let before = entries.len();
            entries.retain(|entry| filtering.shows(entry));
            filtered.shown = entries.len();
            filtered.hidden = before.saturating_sub(entries.len());
        }
        filtered.changed = filtering.changed.into_iter().collect();
        filtered
    }
}

/// Takes the `instructions` out of the `result` of an answer to `initialize` or `server/discover`
/// unless they are those accepted, and says whether it did: a model is told to follow them.
pub fn withhold_instructions(answer: &mut Value, service: &Service) -> bool {
    let Some(said) = answer.get("instructions") else { return false };
    if service.instructions().is_some_and(|accepted| said == accepted) {
        return false;
    }
    answer.as_object_mut().and_then(|members| members.remove("instructions")).is_some()
}

struct Filtering<'a> {
    list: List,
    allows: &'a dyn Fn(&str) -> bool,
    service: &'a Service,
    seen: BTreeSet<String>,
    changed: BTreeSet<String>,
}

impl Filtering<'_> {
    fn shows(&mut self, entry: &Value) -> bool {
        let name = entry.get(self.list.identifier()).and_then(Value::as_str);
        let defined =
            name.and_then(|name| Some((name, self.service.defined(self.list.operation(), name)?)));
        let Some((name, definition)) = defined else { return false };
        if !definition.is(entry) {
            self.changed.insert(name.to_owned());
            return false;
        }
        (self.allows)(name) && self.seen.insert(name.to_owned())
    }
}

#[cfg(test)]
#[path = "catalog/tests.rs"]
mod tests;
