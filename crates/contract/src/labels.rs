//! The labels of response schemas, made into a [`Mask`].
//!
//! A place of an answer is a set of schemas, all that may describe it; every label of any of them
//! holds, since it is better to mask too much. Sets are told apart by their members, so that a
//! schema that leads back to itself leads back to a set that is known.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use crate::extension;
use crate::mask::{Mask, Node};
use crate::pointer::{join, resolve};
use crate::unread::Unread;

/// The most places of one operation's answers that are told apart.
const MAX_NODES: usize = 4096;
/// The most schemas that describe one place.
const MAX_SCHEMAS: usize = 512;

/// A schema and where it stands. Schemas that do not stand in the document have places of their
/// own.
type Placed<'a> = (String, &'a Value);

/// A set of schemas by their places.
type Set<'a> = BTreeMap<String, &'a Value>;

/// Whether anything of a document is labelled at all; most are not, and need no looking into.
pub(crate) fn any(value: &Value) -> bool {
    match value {
        Value::Array(elements) => elements.iter().any(any),
        Value::Object(members) => {
            let here = members.get(extension::KEY).is_some_and(|it| it.get("label").is_some());
            here || members.values().any(any)
        }
        _ => false,
    }
}

/// Fields named by their steps, as a schema: `*` is any member or element.
pub(crate) fn schema_of(label: &str, steps: &[String]) -> Value {
    let labelled = json!({extension::KEY: {"label": label}});
    steps.iter().rev().fold(labelled, |inner, step| {
        if step == "*" {
            json!({"items": inner, "patternProperties": {"": inner}})
        } else {
            json!({"properties": {step.as_str(): inner}})
        }
    })
}

/// The mask of answers that these schemas describe.
pub(crate) fn read<'a>(root: &'a Value, schemas: Vec<Placed<'a>>) -> Result<Mask, Unread> {
    let mut reading = Reading { root, known: BTreeMap::new(), pending: Vec::new() };
    let mut labels: BTreeSet<String> = BTreeSet::new();
    let mut places: Vec<(Place, BTreeSet<String>)> = Vec::new();
    reading.place(schemas)?;
    while let Some(set) = reading.pending.get(places.len()).cloned() {
        let read = reading.read(&set)?;
        labels.extend(read.1.iter().cloned());
        places.push(read);
    }
    let labels: Vec<String> = labels.into_iter().collect();
    let nodes = places.into_iter().map(|(place, names)| {
        let number = |name: &String| labels.iter().position(|it| it == name);
        Node { labels: names.iter().filter_map(number).collect(), ..place }
    });
    Ok(Mask { nodes: pruned(nodes.collect()), labels })
}

type Place = Node;

struct Reading<'a> {
    root: &'a Value,
    known: BTreeMap<BTreeSet<String>, usize>,
    pending: Vec<Set<'a>>,
}

impl<'a> Reading<'a> {
    /// The number of the place that these schemas describe; nothing when there are none.
    fn place(&mut self, schemas: Vec<Placed<'a>>) -> Result<Option<usize>, Unread> {
        let Some((first, _)) = schemas.first() else { return Ok(None) };
        let first = first.clone();
        let set = self.unfold(schemas)?;
        let key: BTreeSet<String> = set.keys().cloned().collect();
        if let Some(known) = self.known.get(&key) {
            return Ok(Some(*known));
        }
        let number = self.pending.len();
        if number == MAX_NODES {
            return Err(Unread::new(&first, "has more labelled places than are read"));
        }
        self.known.insert(key, number);
        self.pending.push(set);
        Ok(Some(number))
    }

    /// The schemas, and all that describe the same value beside them.
    fn unfold(&self, schemas: Vec<Placed<'a>>) -> Result<Set<'a>, Unread> {
        let mut set = Set::new();
        let mut pending = schemas;
        while let Some((at, schema)) = pending.pop() {
            if set.insert(at.clone(), schema).is_some() {
                continue;
            }
            if set.len() > MAX_SCHEMAS {
                return Err(Unread::new(&at, "is described by more schemas than are read"));
            }
            let elsewhere = ["$id", "$dynamicRef", "$recursiveRef"];
            let elsewhere = elsewhere.iter().find(|word| schema.get(**word).is_some());
            if let Some(word) = elsewhere.filter(|_| !at.is_empty()) {
                return Err(Unread::new(&at, format!("has `{word}`, which is not followed")));
            }
            if let Some(reference) = schema.get("$ref") {
                let reference = reference.as_str().unwrap_or_default();
                let (target, place) = resolve(self.root, reference, &at)?;
                pending.push((place, target));
            }
            for word in ["allOf", "anyOf", "oneOf"] {
                pending.extend(listed(schema, &at, word));
            }
            for word in ["if", "then", "else"] {
                pending.extend(schema.get(word).map(|it| (join(&at, word), it)));
            }
            for word in ["dependentSchemas", "dependencies"] {
                pending.extend(named(schema, &at, word).map(|(_, placed)| placed));
            }
        }
        Ok(set)
    }

    fn read(&mut self, set: &Set<'a>) -> Result<(Node, BTreeSet<String>), Unread> {
        let mut labels = BTreeSet::new();
        let mut names: BTreeSet<&str> = BTreeSet::new();
        let mut elements = Vec::new();
        for (at, schema) in set {
            labels.extend(extension::label(schema, at)?);
            names.extend(named(schema, at, "properties").map(|(name, _)| name));
            for word in ["items", "additionalItems", "contains", "unevaluatedItems"] {
                let one = schema.get(word).filter(|it| !it.is_array());
                elements.extend(one.map(|it| (join(at, word), it)));
            }
            // Before 2020-12 `items` could be the list that is now `prefixItems`.
            for word in ["prefixItems", "items"] {
                elements.extend(listed(schema, at, word));
            }
        }
        let mut node = Node { elements: self.place(elements)?, ..Node::default() };
        let others = set.iter().flat_map(|(at, schema)| others(schema, at)).collect();
        node.others = self.place(others)?;
        for name in names {
            let schemas = set.iter().flat_map(|(at, schema)| of_member(schema, at, name)).collect();
            match self.place(schemas)? {
                Some(next) => drop(node.members.insert(name.to_owned(), next)),
                None => drop(node.plain.insert(name.to_owned())),
            }
        }
        Ok((node, labels))
    }
}

/// The schemas of one schema for a member of this name.
fn of_member<'a>(schema: &'a Value, at: &str, name: &str) -> Vec<Placed<'a>> {
    let own = named(schema, at, "properties").find(|(known, _)| *known == name);
    match own {
        Some((_, own)) => {
            let patterns = named(schema, at, "patternProperties").map(|(_, placed)| placed);
            std::iter::once(own).chain(patterns).collect()
        }
        None => others(schema, at),
    }
}

/// The schemas of one schema for members that it does not name. Patterns are taken to match.
fn others<'a>(schema: &'a Value, at: &str) -> Vec<Placed<'a>> {
    let patterns = named(schema, at, "patternProperties").map(|(_, placed)| placed);
    let rest = ["additionalProperties", "unevaluatedProperties"]
        .into_iter()
        .filter_map(|word| Some((join(at, word), schema.get(word)?)));
    patterns.chain(rest).collect()
}

fn listed<'a>(
    schema: &'a Value,
    at: &str,
    word: &str,
) -> impl Iterator<Item = Placed<'a>> + use<'a> {
    let place = join(at, word);
    let listed = schema.get(word).and_then(Value::as_array).into_iter().flatten();
    listed.enumerate().map(move |(number, it)| (join(&place, &number.to_string()), it))
}

fn named<'a>(
    schema: &'a Value,
    at: &str,
    word: &str,
) -> impl Iterator<Item = (&'a str, Placed<'a>)> + use<'a> {
    let place = join(at, word);
    let members: Option<&Map<String, Value>> = schema.get(word).and_then(Value::as_object);
    let members = members.into_iter().flatten();
    members.map(move |(name, schema)| (name.as_str(), (join(&place, name), schema)))
}

/// The places from which a label can be reached; the first stays the first.
fn pruned(nodes: Vec<Node>) -> Vec<Node> {
    let mut kept: BTreeSet<usize> = BTreeSet::new();
    loop {
        let leads = |node: &Node| {
            let next = node.members.values().chain(&node.others).chain(&node.elements);
            !node.labels.is_empty() || next.copied().any(|it| kept.contains(&it))
        };
        let more: Vec<usize> = nodes
            .iter()
            .enumerate()
            .filter(|(number, node)| !kept.contains(number) && leads(node))
            .map(|(number, _)| number)
            .collect();
        if more.is_empty() {
            break;
        }
        kept.extend(more);
    }
    if !kept.contains(&0) {
        return Vec::new();
    }
    let renumbered: BTreeMap<usize, usize> =
        kept.iter().enumerate().map(|(new, old)| (*old, new)).collect();
    let kept = nodes.into_iter().enumerate().filter(|(number, _)| kept.contains(number));
    kept.map(|(_, node)| renumber(node, &renumbered)).collect()
}

fn renumber(node: Node, numbers: &BTreeMap<usize, usize>) -> Node {
    let others = node.others.and_then(|it| numbers.get(&it).copied());
    let mut plain = node.plain;
    let mut members = BTreeMap::new();
    for (name, next) in node.members {
        match numbers.get(&next) {
            Some(next) => drop(members.insert(name, *next)),
            None => drop(plain.insert(name)),
        }
    }
    if others.is_none() {
        plain.clear();
    }
    let elements = node.elements.and_then(|it| numbers.get(&it).copied());
    Node { labels: node.labels, members, others, elements, plain }
}
