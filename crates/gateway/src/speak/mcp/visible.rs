//! What of an API an agent may call, as far as that is known without what it is called with.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use bailiwick_contract::catalog::List;
use bailiwick_domain::operation::Operation;

/// The operations that an agent may call.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Visible(BTreeMap<String, BTreeSet<String>>);

impl Visible {
    /// These operations.
    pub fn of<'a>(operations: impl Iterator<Item = &'a Arc<Operation>>) -> Self {
        let mut visible = Self::default();
        for operation in operations {
            let of_method = visible.0.entry(operation.method.clone()).or_default();
            of_method.insert(operation.template.clone());
        }
        visible
    }

    /// Whether an entry of a list is among them: a tool or prompt by its name, a resource by its
    /// URI, a template as it is written.
    pub fn shows(&self, list: List, name: &str) -> bool {
        self.0.get(list.operation()).is_some_and(|names| names.contains(name))
    }
}
