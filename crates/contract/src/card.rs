//! The card of an agent of A2A: what it says of itself, read strictly and kept as it is.
//!
//! A card is read by models, and by clients that go where it tells them to. So it is the very text
//! that somebody accepted that counts, members that the protocol does not have included.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::definition::same;
use crate::json;
use crate::pointer::join;
use crate::unread::{Unread, shorten};

mod canonical;
pub(crate) mod changes;
mod shape;
pub(crate) mod skills;

pub use skills::is_of_gateway;

/// The longest card, in bytes.
pub const MAX_BYTES: usize = 1024 * 1024;
/// The most interfaces of one card.
pub const MAX_INTERFACES: usize = 64;
/// The most bytes of a name that are shown.
const SHOWN_BYTES: usize = 200;

/// The member that says where the agent is spoken to.
const INTERFACES: &str = "supportedInterfaces";
/// The member that says what can be asked of it.
const SKILLS: &str = "skills";

/// A card that was read.
#[derive(Debug, Clone)]
pub struct Card {
    /// The card, byte for byte.
    pub text: String,
    /// Where the agent is spoken to, and how; the preferred first, and at least one.
    pub interfaces: Vec<Interface>,
    /// Whether anything signs it. By whom is told by whoever has keys.
    pub signed: bool,
    value: Value,
}

/// Where an agent is spoken to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Interface {
    /// Its URL; of gRPC it may be `host:port`.
    pub url: String,
    /// How.
    pub binding: Binding,
    /// The version of the protocol, as in `1.0`.
    pub version: String,
    /// What every request to it has to say in `tenant`.
    pub tenant: Option<String>,
}

/// How the protocol is spoken (section 4.4.6).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Binding {
    /// JSON-RPC: `JSONRPC`.
    JsonRpc,
    /// HTTP and JSON: `HTTP+JSON`.
    HttpJson,
    /// gRPC: `GRPC`.
    Grpc,
    /// Any other.
    Other,
}

/// Whether a document is a card.
pub(crate) fn is_card(root: &Value) -> bool {
    [INTERFACES, SKILLS].iter().all(|name| root.get(name).is_some())
}

impl Card {
    /// Reads a card: one JSON object of at most [`MAX_BYTES`], no member named twice, each member
    /// that the protocol has of its kind, and no number that a double does not hold.
    pub fn read(bytes: &[u8]) -> Result<Self, Unread> {
        if bytes.len() > MAX_BYTES {
            return Err(Unread::new("", "is longer than 1 MiB"));
        }
        let value = json::read(bytes).map_err(|reason| Unread::new("", reason))?;
        if !is_card(&value) {
            return Err(Unread::new("", "is not the card of an agent of A2A"));
        }
        shape::CARD.check(&value, "")?;
        if !canonical::has_form(&value) {
            return Err(Unread::new("", "has a number that is not told from others near to it"));
        }
        let text = std::str::from_utf8(bytes).map_err(|_| Unread::new("", "is not UTF-8"))?;
        let signed = elements(value.get("signatures")).count() > 0;
        Ok(Self { text: text.to_owned(), interfaces: interfaces(&value)?, signed, value })
    }

    /// Holds another card of the same agent against this one: whether it offers and says nothing
    /// else. Each of its skills has to be one of this card's, word for word, each of its
    /// interfaces, and whatever else it has but for who signs it. Otherwise these are the ids, the
    /// URLs and the members that are not.
    pub fn stands_for(&self, other: &Self) -> Result<(), Vec<String>> {
        let id =
            |skill: &Value| skill.get("id").and_then(Value::as_str).unwrap_or_default().to_owned();
        let known: BTreeMap<String, &Value> =
            self.skills().map(|skill| (id(skill), skill)).collect();
        let (mut seen, mut others) = (BTreeSet::new(), Vec::new());
        for skill in other.skills() {
            let is_known = known.get(&id(skill)).is_some_and(|known| same(known, skill));
            if !is_known || !seen.insert(id(skill)) {
                others.push(shorten(&id(skill), SHOWN_BYTES));
            }
        }
        let new = other.interfaces.iter().filter(|it| !self.interfaces.contains(it));
        others.extend(new.map(|it| shorten(&it.url, SHOWN_BYTES)));
        let members = other.value.as_object().into_iter().flatten();
        let elsewhere = |name: &str| [INTERFACES, SKILLS, "signatures"].contains(&name);
        let said = members.filter(|(name, _)| !elsewhere(name));
        let new = said.filter(|(name, it)| !self.value.get(*name).is_some_and(|own| same(own, it)));
        others.extend(new.map(|(name, _)| shorten(name, SHOWN_BYTES)));
        if others.is_empty() { Ok(()) } else { Err(others) }
    }

    /// What a signature of the card is over: its canonical form (section 8.4.1).
    pub fn canonical(&self) -> String {
        let mut members = self.value.as_object().cloned().unwrap_or_default();
        members.remove("signatures");
        let mut out = String::with_capacity(self.text.len());
        canonical::write(&shape::CARD, &members, &mut out);
        out
    }

    /// What signs it: protected headers and signatures, as they are written. What a signature says
    /// beside its protected header is not signed, and left out.
    pub fn signatures(&self) -> impl Iterator<Item = (&str, &str)> {
        elements(self.value.get("signatures")).map(|signature| {
            let part = |name: &str| signature.get(name).and_then(Value::as_str).unwrap_or_default();
            (part("protected"), part("signature"))
        })
    }

    /// Whether it says what its skills are to the gateway: scopes, sensitivity, approval or limits.
    pub fn instructs(&self) -> bool {
        let capabilities = self.value.get("capabilities");
        elements(capabilities.and_then(|it| it.get("extensions"))).any(skills::is_of_gateway)
    }

    /// All that it says.
    pub(crate) fn value(&self) -> &Value {
        &self.value
    }

    /// All skills that it lists.
    pub(crate) fn skills(&self) -> impl Iterator<Item = &Value> {
        elements(self.value.get(SKILLS))
    }
}

impl Binding {
    fn of(text: &str) -> Self {
        match text {
            "JSONRPC" => Self::JsonRpc,
            "HTTP+JSON" => Self::HttpJson,
            "GRPC" => Self::Grpc,
            _ => Self::Other,
        }
    }
}

fn interfaces(card: &Value) -> Result<Vec<Interface>, Unread> {
    let at = join("", INTERFACES);
    let given: Vec<&Value> = elements(card.get(INTERFACES)).collect();
    if !(1..=MAX_INTERFACES).contains(&given.len()) {
        return Err(Unread::new(&at, format!("has to list 1 to {MAX_INTERFACES} interfaces")));
    }
    let read = |(number, interface): (usize, &Value)| {
        let at = join(&at, &number.to_string());
        let text = |name: &str| {
            let text = interface.get(name).and_then(Value::as_str).filter(|it| !it.is_empty());
            text.ok_or_else(|| Unread::new(&at, format!("has no `{name}`")))
        };
        Ok(Interface {
            url: text("url")?.to_owned(),
            binding: Binding::of(text("protocolBinding")?),
            version: text("protocolVersion")?.to_owned(),
            tenant: text("tenant").ok().map(str::to_owned),
        })
    };
    given.into_iter().enumerate().map(read).collect()
}

fn elements(list: Option<&Value>) -> impl Iterator<Item = &Value> {
    list.and_then(Value::as_array).into_iter().flatten()
}

#[cfg(test)]
#[path = "card/tests.rs"]
mod tests;
