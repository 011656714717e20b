//! Whether a schema takes more than another did. What cannot be shown to take no more, takes more.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use crate::library::{Definitions, referred};
use crate::pointer::join;

/// The most steps of one comparison, and the deepest.
const MAX_STEPS: usize = 200_000;
const MAX_DEPTH: usize = 200;
/// How far a schema is looked into for the properties it describes.
const MAX_LOOK: usize = 32;

static ANYTHING: Value = Value::Bool(true);

/// Words that have to grow for a schema to become narrower, and those that have to shrink.
const LEAST: &[&str] =
    &["minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties", "minContains"];
const MOST: &[&str] =
    &["maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties", "maxContains"];

/// Compares schemas of two documents.
pub(crate) struct Comparison<'a> {
    old: &'a Definitions,
    new: &'a Definitions,
    assumed: BTreeSet<(String, String, bool)>,
    steps: usize,
    depth: usize,
}

/// The names of the properties that a schema describes.
#[derive(Default, PartialEq)]
struct Evaluated {
    all: bool,
    names: BTreeSet<String>,
    patterns: BTreeSet<String>,
}

impl<'a> Comparison<'a> {
    pub(crate) fn new(old: &'a Definitions, new: &'a Definitions) -> Self {
        Self { old, new, assumed: BTreeSet::new(), steps: 0, depth: 0 }
    }

    /// Where the new schema takes more than the old one, if it does.
    pub(crate) fn loosened(&mut self, old: &'a Value, new: &'a Value, at: &str) -> Option<String> {
        self.compare((old, new), at, false)
    }

    /// `closed`: the whole takes no other properties than its parts describe.
    fn compare(&mut self, pair: (&'a Value, &'a Value), at: &str, closed: bool) -> Option<String> {
        let (old, new) = pair;
        if old == &Value::Bool(true) || new == &Value::Bool(false) {
            return None;
        }
        self.steps += 1;
        if self.steps > MAX_STEPS || self.depth == MAX_DEPTH {
            return Some(at.to_owned());
        }
        self.depth += 1;
        let found = self.step((old, new), at, closed);
        self.depth -= 1;
        found
    }

    fn step(
        &mut self,
        (old, new): (&'a Value, &'a Value),
        at: &str,
        closed: bool,
    ) -> Option<String> {
        let alone = |schema: &Value| schema.as_object().is_some_and(|it| it.len() == 1);
        let names = (referred(old).filter(|_| alone(old)), referred(new).filter(|_| alone(new)));
        if let (Some(old), Some(new)) = names
            && !self.assumed.insert((old.to_owned(), new.to_owned(), closed))
        {
            return None;
        }
        let old_target = names.0.map_or(Some(old), |name| self.old.get(name));
        let new_target = names.1.map_or(Some(new), |name| self.new.get(name));
        let (Some(old), Some(new)) = (old_target, new_target) else { return Some(at.to_owned()) };
        if names != (None, None) {
            return self.compare((old, new), at, closed);
        }
        match (old, new) {
            (Value::Object(words), Value::Object(new_words)) => {
                let is_choice =
                    words.len() == 1 && new_words.keys().all(|it| !CHOICES.contains(&&**it));
                match words.get("anyOf").and_then(Value::as_array).filter(|_| is_choice) {
                    Some(old) => self.any_fits(old, new, (at, closed)),
                    None => self.words((words, new_words), at, closed),
                }
            }
            (Value::Object(old), Value::Bool(true)) if old.is_empty() => None,
            _ => Some(at.to_owned()),
        }
    }

    fn words(
        &mut self,
        (old, new): (&'a Map<String, Value>, &'a Map<String, Value>),
        at: &str,
        closed: bool,
    ) -> Option<String> {
        if closed && !evaluated(new, self.new, MAX_LOOK).within(&evaluated(old, self.old, MAX_LOOK))
        {
            return Some(at.to_owned());
        }
        let closed = closed || old.contains_key("unevaluatedProperties");
        for (word, value) in old {
            let found = match word.as_str() {
                "properties" | "additionalProperties" | "patternProperties" | "$ref" | "allOf" => {
                    None
                }
                "anyOf" => self.any_of(value, new, (at, closed)),
                "items" if old.contains_key("prefixItems") != new.contains_key("prefixItems") => {
                    Some(at.to_owned())
                }
                "items" => {
                    let new = new.get(word).unwrap_or(&ANYTHING);
                    self.compare((value, new), &format!("{at}/*"), false)
                }
                "contains"
                    if new.contains_key("minContains") && !old.contains_key("minContains") =>
                {
                    Some(at.to_owned())
                }
                _ if EXACT.contains(&word.as_str()) => {
                    let kept = new.get(word).is_some_and(|new| self.same(value, new, 0));
                    (!kept).then(|| at.to_owned())
                }
                "unevaluatedItems" if old != new => Some(at.to_owned()),
                "unevaluatedProperties" => self.unevaluated(value, (old, new), at),
                _ => (!keeps(word, value, new)).then(|| at.to_owned()),
            };
            if found.is_some() {
                return found;
            }
        }
        self.all_of((old, new), (at, closed)).or_else(|| self.members((old, new), at))
    }

    /// Every part of the old whole has to be kept by some part of the new one.
    fn all_of(
        &mut self,
        (old, new): (&'a Map<String, Value>, &'a Map<String, Value>),
        (at, closed): (&str, bool),
    ) -> Option<String> {
        let parts = |words: &'a Map<String, Value>| {
            words.get("allOf").and_then(Value::as_array).into_iter().flatten()
        };
        let (targets_old, targets_new) = (self.target(old, true), self.target(new, false));
        let new_parts: Vec<&'a Value> = parts(new).chain(targets_new).collect();
        for part in parts(old).chain(targets_old) {
            let mut found = Some(at.to_owned());
            for new_part in &new_parts {
                let known = self.assumed.clone();
                found = self.compare((part, new_part), at, closed);
                if found.is_none() {
                    break;
                }
                self.assumed = known;
            }
            if found.is_some() {
                return found;
            }
        }
        None
    }

    fn target(&self, words: &'a Map<String, Value>, of_old: bool) -> Option<&'a Value> {
        let name = words.get("$ref")?.as_str()?.strip_prefix("#/$defs/")?;
        if of_old { self.old.get(name) } else { self.new.get(name) }
    }

    /// Every alternative there is now has to be one there was.
    fn any_of(
        &mut self,
        old: &'a Value,
        new: &'a Map<String, Value>,
        (at, closed): (&str, bool),
    ) -> Option<String> {
        let listed = |value: Option<&'a Value>| value.and_then(Value::as_array);
        let new = listed(new.get("anyOf")).or_else(|| listed(new.get("oneOf")));
        let (Some(old), Some(new)) = (old.as_array(), new) else { return Some(at.to_owned()) };
        new.iter().find_map(|new| self.any_fits(old, new, (at, closed)))
    }

    /// The new one has to be narrower than one of the old.
    fn any_fits(
        &mut self,
        old: &'a [Value],
        new: &'a Value,
        (at, closed): (&str, bool),
    ) -> Option<String> {
        for old in old {
            let known = self.assumed.clone();
            self.compare((old, new), at, closed)?;
            self.assumed = known;
        }
        Some(at.to_owned())
    }

    fn unevaluated(
        &mut self,
        old_word: &'a Value,
        (old, new): (&'a Map<String, Value>, &'a Map<String, Value>),
        at: &str,
    ) -> Option<String> {
        let says = |words: &'a Map<String, Value>| words.get("unevaluatedProperties");
        let kept = if old_word == &json!(false) {
            let closed = Some(&json!(false)) == new.get("additionalProperties");
            closed || says(new) == Some(&json!(false))
        } else {
            says(new).is_some_and(|word| self.same(old_word, word, 0))
        };
        let within = evaluated(new, self.new, MAX_LOOK).within(&evaluated(old, self.old, MAX_LOOK));
        (!kept || !within).then(|| at.to_owned())
    }

    fn members(
        &mut self,
        (old, new): (&'a Map<String, Value>, &'a Map<String, Value>),
        at: &str,
    ) -> Option<String> {
        fn named(words: &Map<String, Value>) -> Option<&Map<String, Value>> {
            words.get("properties").and_then(Value::as_object)
        }
        let rest =
            |words: &'a Map<String, Value>| words.get("additionalProperties").unwrap_or(&ANYTHING);
        let patterns = (old.get("patternProperties"), new.get("patternProperties"));
        let kept = match patterns {
            (None, None) => true,
            (Some(old), Some(new)) => self.same(old, new, 0),
            (None, Some(_)) => !old.contains_key("additionalProperties"),
            (Some(_), None) => false,
        };
        if !kept {
            return Some(at.to_owned());
        }
        let names = named(old).into_iter().chain(named(new)).flat_map(Map::keys);
        for name in names.collect::<BTreeSet<_>>() {
            let of = |words: &'a Map<String, Value>| named(words).and_then(|it| it.get(name));
            let unnamed = if patterns.1.is_some() { &ANYTHING } else { rest(new) };
            let pair = (of(old).unwrap_or(rest(old)), of(new).unwrap_or(unnamed));
            if let Some(found) = self.compare(pair, &join(at, name), false) {
                return Some(found);
            }
        }
        self.compare((rest(old), rest(new)), &format!("{at}/*"), false)
    }

    /// Whether two say the same, references followed.
    fn same(&mut self, old: &'a Value, new: &'a Value, depth: usize) -> bool {
        self.steps += 1;
        if self.steps > MAX_STEPS || depth > MAX_DEPTH {
            return false;
        }
        match (old, new) {
            (Value::Object(one), Value::Object(two)) => {
                if let (Some(one), Some(two)) = (referred(old), referred(new)) {
                    let fresh = self.assumed.insert((one.to_owned(), format!("={two}"), false));
                    let targets = (self.old.get(one), self.new.get(two));
                    let (Some(one), Some(two)) = targets else { return false };
                    if fresh && !self.same(one, two, depth + 1) {
                        return false;
                    }
                }
                let alike = |(name, value): (&String, &'a Value)| {
                    name == "$ref"
                        || two.get(name).is_some_and(|other| self.same(value, other, depth + 1))
                };
                one.len() == two.len() && one.iter().all(alike)
            }
            (Value::Array(one), Value::Array(two)) => {
                one.len() == two.len()
                    && one.iter().zip(two).all(|(one, two)| self.same(one, two, depth + 1))
            }
            _ => old == new,
        }
    }
}

/// Words with alternatives.
const CHOICES: &[&str] = &["anyOf", "oneOf"];
/// Words that are only compared for whether they say the same.
const EXACT: &[&str] = &[
    "oneOf",
    "not",
    "if",
    "then",
    "else",
    "contains",
    "propertyNames",
    "prefixItems",
    "dependentSchemas",
];

/// Whether a word about one value keeps out all that it kept out.
fn keeps(word: &str, old: &Value, words: &Map<String, Value>) -> bool {
    let list = |value: &Value| match value {
        Value::Array(values) => values.clone(),
        value => vec![value.clone()],
    };
    let one_of = |word: &str| words.get(word).map(list);
    match word {
        "type" => {
            let old = list(old);
            let taken = |name: &Value| {
                old.contains(name) || name == "integer" && old.contains(&json!("number"))
            };
            one_of("type").is_some_and(|new| new.iter().all(taken))
        }
        "enum" | "const" => {
            let old = if word == "enum" { list(old) } else { vec![old.clone()] };
            let constant = words.get("const").map(|value| vec![value.clone()]);
            let new = constant.or_else(|| one_of("enum"));
            new.is_some_and(|new| new.iter().all(|value| old.contains(value)))
        }
        "required" => {
            let new = one_of("required").unwrap_or_default();
            list(old).iter().all(|name| new.contains(name))
        }
        "uniqueItems" => old != &json!(true) || words.get(word) == Some(old),
        _ => {
            let (old_bound, new_bound) = (old.as_f64(), words.get(word).and_then(Value::as_f64));
            match (old_bound, new_bound) {
                (Some(old), Some(new)) if LEAST.contains(&word) => new >= old,
                (Some(old), Some(new)) if MOST.contains(&word) => new <= old,
                _ => words.get(word) == Some(old),
            }
        }
    }
}

impl Evaluated {
    fn within(&self, other: &Self) -> bool {
        other.all
            || !self.all
                && self.names.is_subset(&other.names)
                && self.patterns.is_subset(&other.patterns)
    }

    fn add(&mut self, other: Self) {
        self.all |= other.all;
        self.names.extend(other.names);
        self.patterns.extend(other.patterns);
    }
}

/// The properties that a schema, or any it is put together of, describes.
fn evaluated(words: &Map<String, Value>, definitions: &Definitions, left: usize) -> Evaluated {
    let Some(left) = left.checked_sub(1) else {
        return Evaluated { all: true, ..Evaluated::default() };
    };
    let keys = |word: &str| {
        let named = words.get(word).and_then(Value::as_object);
        named.into_iter().flat_map(Map::keys).cloned().collect::<BTreeSet<_>>()
    };
    let mut found = Evaluated {
        all: words.get("additionalProperties").is_some_and(|it| it != &json!(false)),
        names: keys("properties"),
        patterns: keys("patternProperties"),
    };
    let listed =
        ["allOf", "anyOf", "oneOf"].into_iter().filter_map(|word| words.get(word)?.as_array());
    let single = ["if", "then", "else"].into_iter().filter_map(|word| words.get(word));
    let dependent = words.get("dependentSchemas").and_then(Value::as_object);
    let target =
        words.get("$ref").and_then(Value::as_str).and_then(|it| it.strip_prefix("#/$defs/"));
    let target = target.and_then(|name| definitions.get(name));
    let inner = listed.flatten().chain(single).chain(dependent.into_iter().flat_map(Map::values));
    for schema in inner.chain(target).filter_map(Value::as_object) {
        found.add(evaluated(schema, definitions, left));
    }
    found
}
