//! The schemas of a document's requests as JSON Schema 2020-12, self-contained and closed.
//!
//! OpenAPI 3.0 has a dialect of its own (section 4.7.24), which is turned into 2020-12: `nullable`,
//! exclusive bounds that are booleans, references whose neighbors do not count. An object that is
//! described by its `properties`, and does not say whether others may be there, takes no others;
//! where it is put together of several schemas, it is the whole that takes no others. Words that
//! say nothing about what fits are left out.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use crate::dialect::{Dialect, exclusive, renew};
use crate::pointer::{join, resolve};
use crate::unread::Unread;

/// The most schemas that are referred to.
const MAX_DEFINITIONS: usize = 20_000;
/// How far down schemas are looked into for whether they describe properties.
const MAX_LOOK: usize = 16;

/// The schemas that others refer to, by the names they have here.
pub(crate) type Definitions = BTreeMap<String, Value>;

/// Words about one value that are taken as they are.
const PLAIN: &[&str] = &[
    "type",
    "enum",
    "const",
    "multipleOf",
    "maximum",
    "exclusiveMaximum",
    "minimum",
    "exclusiveMinimum",
    "maxLength",
    "minLength",
    "pattern",
    "maxItems",
    "minItems",
    "uniqueItems",
    "maxContains",
    "minContains",
    "maxProperties",
    "minProperties",
    "required",
    "dependentRequired",
];
/// Words with one schema for what is inside of the value.
const INSIDE: &[&str] =
    &["items", "additionalProperties", "unevaluatedItems", "unevaluatedProperties"];
/// Words with one schema that is asked and must not be tightened: it would turn into its opposite.
const ASKED: &[&str] = &["contains", "propertyNames", "not", "if"];
/// Words with schemas for the value itself.
const OF_ITSELF: &[&str] = &["allOf", "anyOf", "oneOf", "then", "else", "dependentSchemas", "$ref"];

/// How a schema is to be closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Mode {
    /// It is all there is about its value.
    Whole,
    /// Others describe the same value too.
    Composed,
    /// Neither it nor what is inside is closed.
    Open,
}

/// Turns schemas of one document into 2020-12.
pub(crate) struct Library<'a> {
    root: &'a Value,
    dialect: Dialect,
    prefix: String,
    names: BTreeMap<(String, Mode), String>,
    pending: Vec<(String, Mode, String)>,
    definitions: Definitions,
    failed: BTreeMap<String, Unread>,
}

impl<'a> Library<'a> {
    /// Of a document.
    pub(crate) fn new(root: &'a Value, dialect: Dialect) -> Self {
        Self {
            root,
            dialect,
            prefix: String::new(),
            names: BTreeMap::new(),
            pending: Vec::new(),
            definitions: Definitions::new(),
            failed: BTreeMap::new(),
        }
    }

    /// The same, with definitions whose names begin so, and are no other document's.
    pub(crate) fn apart(self, prefix: String) -> Self {
        Self { prefix, ..self }
    }

    /// The schema in 2020-12; what it refers to is in the definitions.
    pub(crate) fn read(&mut self, schema: &Value, at: &str) -> Result<Value, Unread> {
        let read = self.shape(schema, at, Mode::Whole)?;
        while let Some((place, mode, name)) = self.pending.pop() {
            let (target, place) = resolve(self.root, &format!("#{place}"), &place)?;
            match self.shape(target, &place, mode) {
                Ok(shaped) => drop(self.definitions.insert(name, shaped)),
                Err(unread) => drop(self.failed.insert(name, unread)),
            }
        }
        let reached = reach(&read, &self.definitions);
        match reached.iter().find_map(|name| self.failed.get(name)) {
            Some(unread) => Err(unread.clone()),
            None => Ok(read),
        }
    }

    /// What schemas that were read refer to.
    pub(crate) fn definitions(&self) -> &Definitions {
        &self.definitions
    }

    /// The same, once all is read.
    pub(crate) fn into_definitions(self) -> Definitions {
        self.definitions
    }

    fn shape(&mut self, schema: &Value, at: &str, mode: Mode) -> Result<Value, Unread> {
        match schema {
            Value::Bool(_) => Ok(schema.clone()),
            Value::Object(words) => self.shape_words(words, at, mode),
            _ => Err(Unread::new(at, "is not a schema")),
        }
    }

    fn shape_words(
        &mut self,
        words: &Map<String, Value>,
        at: &str,
        mode: Mode,
    ) -> Result<Value, Unread> {
        if let Some(word) = ["$id", "$dynamicRef"].iter().find(|word| words.contains_key(**word)) {
            return Err(Unread::new(at, format!("has `{word}`, which is not followed")));
        }
        if let Some(reference) = words.get("$ref")
            && (!self.dialect.neighbors_count() || counting(words) == 1)
        {
            let name = self.name(reference, at, mode)?;
            return Ok(self.nullable(words, json!({"$ref": format!("#/$defs/{name}")})));
        }
        let renewed = (self.dialect == Dialect::Draft07).then(|| renew(words));
        let words = renewed.as_ref().unwrap_or(words);
        let (inner, closed_by) = self.closing(words, mode);
        let mut shaped = Map::new();
        for (word, value) in words {
            if let Some(value) = self.shape_word((word, value), at, (mode, inner))? {
                shaped.insert(word.clone(), value);
            }
        }
        if let Some(word) = closed_by {
            shaped.insert(word.to_owned(), Value::Bool(false));
        }
        if self.dialect.is_openapi() {
            exclusive(&mut shaped, "exclusiveMinimum", "minimum");
            exclusive(&mut shaped, "exclusiveMaximum", "maximum");
            self.leave_out_read_only(words, &mut shaped);
        }
        Ok(self.nullable(words, Value::Object(shaped)))
    }

    /// `inner` is how schemas for the value itself are closed, `mode` how this one is.
    fn shape_word(
        &mut self,
        (word, value): (&str, &Value),
        at: &str,
        (mode, inner): (Mode, Mode),
    ) -> Result<Option<Value>, Unread> {
        let inside = if mode == Mode::Open { Mode::Open } else { Mode::Whole };
        let place = join(at, word);
        Ok(Some(match word {
            "$ref" => {
                json!(format!("#/$defs/{}", self.name(value, at, inner)?))
            }
            "properties" | "patternProperties" => self.shape_named(value, &place, inside)?,
            "dependentSchemas" => self.shape_named(value, &place, inner)?,
            "allOf" | "anyOf" | "oneOf" => self.shape_listed(value, &place, inner)?,
            "prefixItems" => self.shape_listed(value, &place, inside)?,
            "then" | "else" => self.shape(value, &place, inner)?,
            _ if ASKED.contains(&word) => self.shape(value, &place, Mode::Open)?,
            _ if INSIDE.contains(&word) => self.shape(value, &place, inside)?,
            _ if PLAIN.contains(&word) => value.clone(),
            _ => return Ok(None),
        }))
    }

    fn shape_named(&mut self, value: &Value, at: &str, mode: Mode) -> Result<Value, Unread> {
        let named = value.as_object().ok_or_else(|| Unread::new(at, "is not an object"))?;
        let mut shaped = Map::new();
        for (name, schema) in named {
            shaped.insert(name.clone(), self.shape(schema, &join(at, name), mode)?);
        }
        Ok(Value::Object(shaped))
    }

    fn shape_listed(&mut self, value: &Value, at: &str, mode: Mode) -> Result<Value, Unread> {
        let listed = value.as_array().ok_or_else(|| Unread::new(at, "is not a list"))?;
        let mut shaped = Vec::with_capacity(listed.len());
        for (place, schema) in listed.iter().enumerate() {
            shaped.push(self.shape(schema, &join(at, &place.to_string()), mode)?);
        }
        Ok(Value::Array(shaped))
    }

    /// How the schemas for the value itself are closed, and the word that closes the whole.
    fn closing(&self, words: &Map<String, Value>, mode: Mode) -> (Mode, Option<&'static str>) {
        if mode != Mode::Whole {
            return (mode, None);
        }
        let says = |word: &str| words.contains_key(word);
        if says("additionalProperties") || says("unevaluatedProperties") {
            return (Mode::Composed, None);
        }
        let others = words.get("allOf").and_then(Value::as_array).map_or(0, Vec::len)
            + OF_ITSELF.iter().filter(|word| **word != "allOf" && says(word)).count();
        match (says("properties"), others) {
            (own, 0) => (Mode::Whole, own.then_some("additionalProperties")),
            (false, 1) => (Mode::Whole, None),
            _ if self.describes(words, MAX_LOOK) => (Mode::Composed, Some("unevaluatedProperties")),
            _ => (Mode::Composed, None),
        }
    }

    /// Whether a schema, or one it is put together of, describes properties.
    fn describes(&self, words: &Map<String, Value>, left: usize) -> bool {
        let Some(left) = left.checked_sub(1) else { return true };
        let inner = |schema: &Value| schema.as_object().is_some_and(|it| self.describes(it, left));
        let named = |word: &str| words.get(word);
        words.contains_key("properties")
            || ["allOf", "anyOf", "oneOf"]
                .iter()
                .filter_map(|word| named(word)?.as_array())
                .any(|listed| listed.iter().any(inner))
            || ["then", "else"].iter().filter_map(|word| named(word)).any(inner)
            || named("dependentSchemas")
                .and_then(Value::as_object)
                .is_some_and(|schemas| schemas.values().any(inner))
            || self.target(words).is_some_and(inner)
    }

    fn target(&self, words: &Map<String, Value>) -> Option<&'a Value> {
        let reference = words.get("$ref")?.as_str()?;
        resolve(self.root, reference, "").ok().map(|(target, _)| target)
    }

    /// A property that is read only is not to be sent, and so cannot be asked for.
    fn leave_out_read_only(&self, words: &Map<String, Value>, shaped: &mut Map<String, Value>) {
        let Some(properties) = words.get("properties").and_then(Value::as_object) else { return };
        for (name, schema) in properties {
            let Some(words) = schema.as_object() else { continue };
            let says = |words: &Map<String, Value>| words.get("readOnly") == Some(&json!(true));
            let target = self.target(words).and_then(Value::as_object);
            if !says(words) && !target.is_some_and(says) {
                continue;
            }
            if let Some(required) = shaped.get_mut("required").and_then(Value::as_array_mut) {
                required.retain(|it| it != name);
            }
            if let Some(all) = shaped.get_mut("properties").and_then(Value::as_object_mut) {
                all.insert(name.clone(), Value::Bool(false));
            }
        }
    }

    fn nullable(&self, words: &Map<String, Value>, shaped: Value) -> Value {
        if self.dialect.is_openapi() { nullable(words, shaped) } else { shaped }
    }

    /// The name here of what is referred to; it is read later.
    fn name(&mut self, reference: &Value, at: &str, mode: Mode) -> Result<String, Unread> {
        let reference =
            reference.as_str().ok_or_else(|| Unread::new(at, "has a `$ref` that is no text"))?;
        let (_, place) = resolve(self.root, reference, at)?;
        let key = (place, mode);
        if let Some(known) = self.names.get(&key) {
            return Ok(known.clone());
        }
        if self.names.len() == MAX_DEFINITIONS {
            return Err(Unread::new(at, "refers to more schemas than are read"));
        }
        let name = format!("{}d{}", self.prefix, self.names.len());
        self.pending.push((key.0.clone(), mode, name.clone()));
        self.names.insert(key, name.clone());
        Ok(name)
    }
}

/// A schema with all it refers to, to be compiled.
pub(crate) fn bundle(schema: &Value, definitions: &Definitions) -> Value {
    let names = reach(schema, definitions);
    let used = names.iter().filter_map(|name| Some((name.clone(), definitions.get(name)?.clone())));
    let used: Map<String, Value> = used.collect();
    match schema {
        Value::Object(words) if !used.is_empty() => {
            let mut words = words.clone();
            words.insert("$defs".to_owned(), Value::Object(used));
            Value::Object(words)
        }
        _ => schema.clone(),
    }
}

/// Whether a schema is put together of others for the value itself.
pub(crate) fn is_composed(words: &Map<String, Value>) -> bool {
    OF_ITSELF.iter().any(|word| words.contains_key(*word))
}

/// Whether a schema leads back to something it comes through.
pub(crate) fn is_recursive(schema: &Value, definitions: &Definitions) -> bool {
    let names = reach(schema, definitions);
    names
        .iter()
        .any(|name| definitions.get(name).is_some_and(|it| reach(it, definitions).contains(name)))
}

/// The name of the definition that a schema refers to.
pub(crate) fn referred(schema: &Value) -> Option<&str> {
    schema.get("$ref")?.as_str()?.strip_prefix("#/$defs/")
}

/// The names of all that a schema leads to.
fn reach(schema: &Value, definitions: &Definitions) -> BTreeSet<String> {
    let mut reached = BTreeSet::new();
    let mut pending = vec![schema];
    while let Some(value) = pending.pop() {
        match value {
            Value::Array(elements) => pending.extend(elements),
            Value::Object(members) => {
                if let Some(name) = referred(value)
                    && reached.insert(name.to_owned())
                {
                    pending.extend(definitions.get(name));
                }
                pending.extend(members.values());
            }
            _ => {}
        }
    }
    reached
}

/// How many of a schema's words count for what fits.
fn counting(words: &Map<String, Value>) -> usize {
    let counts = |word: &str| {
        [PLAIN, INSIDE, ASKED, OF_ITSELF].iter().any(|list| list.contains(&word))
            || matches!(word, "properties" | "patternProperties" | "prefixItems")
    };
    words.keys().filter(|word| counts(word)).count()
}

/// `nullable: true` takes null as well (OpenAPI 3.0, section 4.7.24).
fn nullable(words: &Map<String, Value>, mut shaped: Value) -> Value {
    if words.get("nullable") != Some(&Value::Bool(true)) {
        return shaped;
    }
    let composed = OF_ITSELF.iter().any(|word| shaped.get(word).is_some());
    let Some(Value::String(name)) = shaped.get("type").filter(|_| !composed).cloned() else {
        return json!({"anyOf": [shaped, {"type": "null"}]});
    };
    if let Some(values) = shaped.get_mut("enum").and_then(Value::as_array_mut)
        && !values.contains(&Value::Null)
    {
        values.push(Value::Null);
    }
    if let Some(words) = shaped.as_object_mut() {
        words.insert("type".to_owned(), json!([name, "null"]));
    }
    shaped
}

#[cfg(test)]
#[path = "library/tests.rs"]
mod tests;
