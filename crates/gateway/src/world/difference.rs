//! How two worlds differ, in words: what a feed has made, and what the store says.

use std::sync::Arc;

use super::{KnownAgent, World};

/// The most differences that are put into words; more are counted.
const NAMED: usize = 20;

/// What is different in two worlds that should be one; empty when nothing is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Differences {
    /// How many there are.
    pub count: usize,
    /// The first of them, as in `agent agt_… is not as it is stored`.
    pub named: Vec<String>,
}

impl Differences {
    /// What is different in `known`, as a feed made it, from `stored`.
    pub(super) fn between(known: &World, stored: &World) -> Self {
        let mut found = Self::default();
        found.in_agents(known, stored);
        found.in_keys(known, stored);
        found.in_names(known, stored);
        for (what, is_like) in [
            ("the keys that tokens are signed with", known.signing.is_like(&stored.signing)),
            ("the issuers of workloads' tokens", known.workloads.is_like(&stored.workloads)),
            ("the grants, and what they hang on", known.grants.is_like(&stored.grants)),
            ("the policies", known.policies.is_like(&stored.policies)),
            ("the roots", known.derivation.is_like(&stored.derivation)),
        ] {
            if !is_like {
                found.note(|| format!("{what} are not as they are stored"));
            }
        }
        found
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    fn in_agents(&mut self, known: &World, stored: &World) {
        let is_like = |one: &Arc<KnownAgent>, other: &Arc<KnownAgent>| one.agent == other.agent;
        for (id, agent) in &stored.agents {
            match known.agents.get(id) {
                Some(known) if is_like(known, agent) => {}
                Some(_) => self.note(|| format!("agent {id} is not as it is stored")),
                None => self.note(|| format!("agent {id} was not known")),
            }
        }
        for (id, _) in known.agents.iter().filter(|(id, _)| !stored.agents.contains_key(id)) {
            self.note(|| format!("agent {id} is not stored"));
        }
    }

    fn in_keys(&mut self, known: &World, stored: &World) {
        for (id, key) in &stored.keys {
            match known.keys.get(id) {
                Some(known) if known.is_like(key) => {}
                Some(_) => self.note(|| format!("key {id} is not as it is stored")),
                None => self.note(|| format!("key {id} was not known")),
            }
        }
        for (id, _) in known.keys.iter().filter(|(id, _)| !stored.keys.contains_key(id)) {
            self.note(|| format!("key {id} is not stored"));
        }
    }

    /// What keys are found by, and which of an agent's are shared secrets.
    fn in_names(&mut self, known: &World, stored: &World) {
        let same_size = known.thumbprints.size() == stored.thumbprints.size();
        let finds = |world: &World, name: &str| world.thumbprints.get(name).map(|key| key.id);
        let named = stored.thumbprints.iter();
        let mut wrong = named.filter(|(name, key)| finds(known, name) != Some(key.id));
        if let Some((_, key)) = wrong.next() {
            self.note(|| format!("key {} is not found by what it is stored under", key.id));
        } else if !same_size {
            self.note(|| "a key is found by what none is stored under".to_owned());
        }
        let secrets = |world: &World, agent| {
            let mut ids = world.secrets.get(agent).cloned().unwrap_or_default();
            ids.sort_unstable();
            ids
        };
        let owners = stored.secrets.keys().chain(known.secrets.keys());
        for agent in owners.filter(|agent| secrets(known, agent) != secrets(stored, agent)) {
            self.note(|| format!("the shared secrets of agent {agent} are not as they are stored"));
        }
    }

    fn note(&mut self, words: impl FnOnce() -> String) {
        self.count += 1;
        if self.named.len() < NAMED {
            self.named.push(words());
        }
    }
}
