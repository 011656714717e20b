//! A policy set, read, validated and arranged.

use std::sync::Arc;

use bailiwick_domain::operation::Operation;

use crate::action::Action;
use crate::entities::{Names, Placed};
use crate::facts::Principal;
use crate::index::Index;
use crate::policy::Policy;
use crate::read::{self, Rule};
use crate::shipped::SHIPPED;
use crate::slice::{Rules, Slice};
use crate::source::{Problems, Source};

/// A policy set that can be asked.
#[derive(Debug)]
pub struct Engine {
    rules: Vec<Rule>,
    index: Index,
    names: Arc<Names>,
}

/// What cannot be asked about: Cedar does not take the agent or the operation. Whoever meets it
/// refuses.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the policies cannot be asked: {0}")]
pub struct Unaskable(String);

/// Who asks, and for what, by name.
pub(crate) struct Pair {
    principal: Placed,
    action: Action,
    resource: Placed,
}

impl Engine {
    /// Reads policies and validates them, strictly, or says everything that is wrong.
    pub fn read(sources: &[Source<'_>]) -> Result<Self, Problems> {
        let rules = read::read(sources)?;
        let names = Names::read().map_err(|message| {
            let source = Source { name: "schema.cedarschema", text: "" };
            Problems(vec![source.problem(0, message)])
        })?;
        let index = Index::of(rules.iter().map(|rule| &rule.head));
        Ok(Self { rules, index, names: Arc::new(names) })
    }

    /// The policies that are shipped.
    pub fn shipped() -> Result<Self, Problems> {
        Self::read(&SHIPPED)
    }

    /// The policies, in the order they were written.
    pub fn policies(&self) -> impl Iterator<Item = &Policy> {
        self.rules.iter().map(|rule| &*rule.policy)
    }

    /// What can matter for this agent and this operation.
    pub fn slice(
        &self,
        principal: &Principal<'_>,
        operation: &Arc<Operation>,
    ) -> Result<Slice, Unaskable> {
        let pair = self.pair(principal, operation);
        let rules = self.rules(&self.matching(&pair))?;
        self.bind(&pair, rules, (principal, operation))
    }

    /// The same, with every policy there is in it: it decides as the slice does, and takes longer.
    /// Tests and measurements hold the two against each other.
    pub fn whole(
        &self,
        principal: &Principal<'_>,
        operation: &Arc<Operation>,
    ) -> Result<Slice, Unaskable> {
        let pair = self.pair(principal, operation);
        let matching = self.rules(&self.matching(&pair))?;
        let every = Rules::of(self.rules.iter()).map_err(Unaskable)?;
        self.bind(&pair, Arc::new(every.showing_everything(&matching)), (principal, operation))
    }

    pub(crate) fn pair(&self, principal: &Principal<'_>, operation: &Operation) -> Pair {
        Pair {
            principal: self.names.principal(principal),
            action: Action::of(&operation.method),
            resource: self.names.resource(operation),
        }
    }

    /// The numbers of the policies that can match.
    pub(crate) fn matching(&self, pair: &Pair) -> Vec<usize> {
        self.index.matching(&pair.principal.named(), pair.action, &pair.resource.named())
    }

    /// The rules with these numbers.
    pub(crate) fn rules(&self, numbers: &[usize]) -> Result<Arc<Rules>, Unaskable> {
        let found = numbers.iter().filter_map(|number| self.rules.get(*number));
        Rules::of(found).map(Arc::new).map_err(Unaskable)
    }

    pub(crate) fn bind(
        &self,
        pair: &Pair,
        rules: Arc<Rules>,
        (principal, operation): (&Principal<'_>, &Arc<Operation>),
    ) -> Result<Slice, Unaskable> {
        let names = Arc::clone(&self.names);
        let entities = names
            .entities((principal, &pair.principal), (operation, &pair.resource))
            .map_err(Unaskable)?;
        let action = names.action(pair.action).clone();
        let asks = [pair.principal.uid.clone(), action, pair.resource.uid.clone()];
        Ok(Slice { rules, names, entities, asks, operation: Arc::clone(operation) })
    }
}
