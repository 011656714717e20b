//! Slices that were made: one core's memory, never shared with another.

use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;

use bailiwick_domain::agent::{Agent, Kind};
use bailiwick_domain::id::AgentId;
use bailiwick_domain::operation::Operation;

use crate::engine::{Engine, Unaskable};
use crate::facts::Principal;
use crate::slice::{Rules, Slice};

/// The most slices that are remembered; with one more, all are forgotten.
const REMEMBERED: usize = 4 * 1024;

/// What was sliced for whom. It remembers slices, never decisions: every request is decided anew.
#[derive(Debug, Default)]
pub struct Slices {
    engine: Option<Arc<Engine>>,
    made: HashMap<(AgentId, usize), Made>,
    rules: HashMap<Vec<usize>, Arc<Rules>>,
}

#[derive(Debug)]
struct Made {
    name: Box<str>,
    project: Box<str>,
    owner: Box<str>,
    kind: Kind,
    slice: Rc<Slice>,
}

impl Slices {
    /// The slice for an agent and an operation as they are now, by these policies.
    pub fn find(
        &mut self,
        engine: &Arc<Engine>,
        agent: &Agent,
        operation: &Arc<Operation>,
    ) -> Result<Rc<Slice>, Unaskable> {
        if !self.engine.as_ref().is_some_and(|known| Arc::ptr_eq(known, engine)) {
            *self = Self { engine: Some(Arc::clone(engine)), ..Self::default() };
        }
        let principal = Principal::of(agent);
        // Each slice holds its operation, so that no other has its address while it is remembered.
        let key = (agent.id, Arc::as_ptr(operation).addr());
        if let Some(made) = self.made.get(&key)
            && made.is_of(&principal)
        {
            return Ok(Rc::clone(&made.slice));
        }
        let slice = Rc::new(self.make(engine, &principal, operation)?);
        if self.made.len() >= REMEMBERED {
            self.made.clear();
            self.rules.clear();
        }
        self.made.insert(key, Made::of(&principal, Rc::clone(&slice)));
        Ok(slice)
    }

    fn make(
        &mut self,
        engine: &Engine,
        principal: &Principal<'_>,
        operation: &Arc<Operation>,
    ) -> Result<Slice, Unaskable> {
        let pair = engine.pair(principal, operation);
        let matching = engine.matching(&pair);
        let rules = if let Some(known) = self.rules.get(&matching) {
            Arc::clone(known)
        } else {
            let rules = engine.rules(&matching)?;
            self.rules.insert(matching, Arc::clone(&rules));
            rules
        };
        engine.bind(&pair, rules, (principal, operation))
    }
}

impl Made {
    fn of(principal: &Principal<'_>, slice: Rc<Slice>) -> Self {
        Self {
            name: principal.name.into(),
            project: principal.project.into(),
            owner: principal.owner.into(),
            kind: principal.kind,
            slice,
        }
    }

    fn is_of(&self, principal: &Principal<'_>) -> bool {
        let known = Principal {
            name: &self.name,
            project: &self.project,
            owner: &self.owner,
            kind: self.kind,
        };
        known == *principal
    }
}
