//! What a card says of the agent as a whole that another did not.

use std::collections::BTreeMap;

use bailiwick_domain::a2a::is_skill_id;
use serde_json::{Map, Value};

use super::skills::is_of_gateway;
use super::{Binding, Card, INTERFACES, Interface, SKILLS};
use crate::definition::same;
use crate::unseen::shown;
use crate::wording;

/// Every change of a card but for those of its skills, and whether it widens. Where an agent is
/// spoken to is where clients go, and what it says of itself is read by models; so both widen
/// whenever they are others. Who signs it is no part of what it says.
pub(crate) fn between(before: &Card, now: &Card) -> Vec<(bool, String)> {
    let lacks = |one: &Card, other: &Card| -> Vec<String> {
        let missing = other.interfaces.iter().filter(|it| !one.interfaces.contains(it));
        missing.map(spelled).collect()
    };
    let (new, gone) = (lacks(before, now), lacks(now, before));
    let mut found: Vec<(bool, String)> =
        new.iter().map(|it| (true, format!("has a new interface: {it}"))).collect();
    found.extend(gone.iter().map(|it| (false, format!("no longer has the interface: {it}"))));
    let listed = |card: &Card| card.value().get(INTERFACES).cloned().unwrap_or_default();
    if new.is_empty() && gone.is_empty() && !same(&listed(before), &listed(now)) {
        found.push((true, "lists its interfaces otherwise".to_owned()));
    }
    if unread(before) != unread(now) {
        found.push((true, "has other skills that cannot be read".to_owned()));
    }
    let others = wording::of_members(&told(before), &told(now));
    found.extend(others.into_iter().map(|sentence| (true, sentence)));
    found
}

/// What a card says beside its skills and interfaces, but for what it says to the gateway.
fn told(card: &Card) -> Map<String, Value> {
    let mut members = card.value().as_object().cloned().unwrap_or_default();
    for name in [INTERFACES, SKILLS, "signatures"] {
        members.remove(name);
    }
    let capabilities = members.get_mut("capabilities").and_then(Value::as_object_mut);
    let Some(capabilities) = capabilities else { return members };
    let extensions = capabilities.get_mut("extensions").and_then(Value::as_array_mut);
    let Some(extensions) = extensions else { return members };
    let before = extensions.len();
    extensions.retain(|extension| !is_of_gateway(extension));
    if extensions.is_empty() && before > 0 {
        capabilities.remove("extensions");
    }
    members
}

fn id(skill: &Value) -> Option<&str> {
    skill.get("id").and_then(Value::as_str)
}

/// The skills that are no operations: what they say is compared nowhere else.
fn unread(card: &Card) -> Vec<&Value> {
    let all: Vec<&Value> = card.skills().collect();
    let mut counted: BTreeMap<&str, u32> = BTreeMap::new();
    for name in all.iter().filter_map(|skill| id(skill)) {
        *counted.entry(name).or_default() += 1;
    }
    let is_read = |name: &str| is_skill_id(name) && counted.get(name) == Some(&1);
    all.into_iter().filter(|skill| !id(skill).is_some_and(is_read)).collect()
}

fn spelled(interface: &Interface) -> String {
    let binding = match interface.binding {
        Binding::JsonRpc => "JSON-RPC",
        Binding::HttpJson => "HTTP and JSON",
        Binding::Grpc => "gRPC",
        Binding::Other => "another binding",
    };
    let Interface { url, version, tenant, .. } = interface;
    let tenant = tenant.as_ref().map(|it| format!(", tenant {}", shown(it))).unwrap_or_default();
    format!("{} ({binding} {}{tenant})", shown(url), shown(version))
}

#[cfg(test)]
#[path = "changes/tests.rs"]
mod tests;
