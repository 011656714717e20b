//! A request that somebody wrote down: what explanations and cases ask about.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Arc;

use bailiwick_domain::agent::Kind;
use bailiwick_domain::credential::Strength;
use bailiwick_domain::operation::Operation;
use bailiwick_domain::scope::ScopeSet;
use bailiwick_domain::time::Timestamp;

use crate::engine::{Engine, Unaskable};
use crate::facts::{Facts, Principal};
use crate::fields::Found;
use crate::slice::Slice;

/// Who asks, for which operation, and everything else that a policy may look at.
#[derive(Debug, Clone)]
pub struct Question {
    /// The agent's name.
    pub agent: String,
    /// Its project.
    pub project: String,
    /// Whoever answers for it.
    pub owner: String,
    /// Whether a person watches it.
    pub kind: Kind,
    /// The operation.
    pub operation: Arc<Operation>,
    /// The person it is done for.
    pub person: Option<String>,
    /// How many have passed the authority on.
    pub chain: usize,
    /// The task.
    pub task: Option<String>,
    /// What the task is for.
    pub purpose: Option<String>,
    /// How much was proved.
    pub proof: Strength,
    /// What the agent holds.
    pub scopes: ScopeSet,
    /// When.
    pub at: Timestamp,
    /// Where from.
    pub address: IpAddr,
    /// Fields of the request, by their names in policies; the rest is absent.
    pub fields: BTreeMap<String, Found<'static>>,
}

impl Question {
    /// The slice of the policies that the answer is from.
    pub fn slice(&self, engine: &Engine) -> Result<Slice, Unaskable> {
        engine.slice(&self.principal(), &self.operation)
    }

    /// Who asks.
    pub fn principal(&self) -> Principal<'_> {
        Principal { name: &self.agent, project: &self.project, owner: &self.owner, kind: self.kind }
    }

    /// The facts, as a slice wants them.
    pub fn facts(&self, slice: &Slice) -> Facts<'_> {
        let found = |name: &str| self.fields.get(name).cloned().unwrap_or_default();
        Facts {
            person: self.person.as_deref().map(Cow::Borrowed),
            chain: self.chain,
            task: self.task.as_deref().map(Cow::Borrowed),
            purpose: self.purpose.as_deref().map(Cow::Borrowed),
            proof: self.proof,
            scopes: Cow::Borrowed(&self.scopes),
            at: self.at,
            address: self.address,
            fields: slice.fields().map(|field| found(field.name())).collect(),
        }
    }
}
