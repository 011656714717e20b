//! What kinds of value a schema takes, as far as it says: a text in a query is read by it.

use serde_json::Value;

use crate::library::{Definitions, referred};

/// How far a schema is looked into.
const MAX_LOOK: usize = 12;
/// The words of JSON Schema, each a bit of [`Kinds`].
const NAMES: &[&str] = &["string", "number", "integer", "boolean", "null", "array", "object"];

/// A set of kinds of value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Kinds(u8);

impl Kinds {
    /// The kinds of the values that may fit.
    pub(crate) fn of(schema: &Value, definitions: &Definitions) -> Self {
        look(schema, definitions, MAX_LOOK).unwrap_or(Self(u8::MAX))
    }

    pub(crate) fn has(self, name: &str) -> bool {
        self.0 & bit(name) != 0
    }

    /// Whether a value that is one text may fit.
    pub(crate) fn has_scalar(self) -> bool {
        ["string", "number", "integer", "boolean", "null"].iter().any(|name| self.has(name))
    }
}

fn bit(name: &str) -> u8 {
    NAMES.iter().position(|known| *known == name).map_or(0, |place| 1 << place)
}

/// Nothing where the schema does not say.
fn look(schema: &Value, definitions: &Definitions, left: usize) -> Option<Kinds> {
    let left = left.checked_sub(1)?;
    let inner = |schema: &Value| look(schema, definitions, left);
    let own = match (schema.get("type"), schema.get("enum"), schema.get("const")) {
        (Some(Value::String(name)), ..) => Some(Kinds(bit(name))),
        (Some(Value::Array(names)), ..) => {
            Some(Kinds(names.iter().filter_map(Value::as_str).fold(0, |all, it| all | bit(it))))
        }
        (None, Some(Value::Array(values)), _) => {
            Some(Kinds(values.iter().fold(0, |all, value| all | bit(name_of(value)))))
        }
        (None, None, Some(value)) => Some(Kinds(bit(name_of(value)))),
        _ => None,
    };
    if own.is_some() {
        return own;
    }
    if let Some(target) = referred(schema).and_then(|name| definitions.get(name)) {
        return inner(target);
    }
    let listed = |word: &str| schema.get(word).and_then(Value::as_array);
    if let Some(kinds) = listed("allOf").and_then(|all| all.iter().find_map(inner)) {
        return Some(kinds);
    }
    let alternatives = listed("anyOf").or_else(|| listed("oneOf"))?;
    alternatives.iter().try_fold(Kinds(0), |all, schema| Some(Kinds(all.0 | inner(schema)?.0)))
}

fn name_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.is_f64() => "number",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

/// The schema of a member, looked for through references and alternatives.
pub(crate) fn inside<'a>(
    schema: &'a Value,
    definitions: &'a Definitions,
    pick: &dyn Fn(&'a Value) -> Option<&'a Value>,
) -> Option<&'a Value> {
    descend(schema, definitions, pick, MAX_LOOK)
}

fn descend<'a>(
    schema: &'a Value,
    definitions: &'a Definitions,
    pick: &dyn Fn(&'a Value) -> Option<&'a Value>,
    left: usize,
) -> Option<&'a Value> {
    let left = left.checked_sub(1)?;
    let target = || definitions.get(referred(schema)?);
    pick(schema).or_else(|| descend(target()?, definitions, pick, left)).or_else(|| {
        ["allOf", "anyOf", "oneOf"]
            .iter()
            .filter_map(|word| schema.get(word)?.as_array())
            .flatten()
            .find_map(|schema| descend(schema, definitions, pick, left))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_schema_says_what_kinds_it_takes() {
        let definitions = Definitions::from([("d0".to_owned(), json!({"type": "integer"}))]);
        for (schema, kinds) in [
            (json!({"type": "string"}), vec!["string"]),
            (json!({"type": ["array", "null"]}), vec!["array", "null"]),
            (json!({"enum": [1, "a"]}), vec!["integer", "string"]),
            (json!({"$ref": "#/$defs/d0"}), vec!["integer"]),
            (
                json!({"anyOf": [{"$ref": "#/$defs/d0"}, {"type": "array"}]}),
                vec!["integer", "array"],
            ),
            (json!({"allOf": [{}, {"type": "object"}]}), vec!["object"]),
            (json!({}), NAMES.to_vec()),
            (json!({"anyOf": [{}, {"type": "object"}]}), NAMES.to_vec()),
        ] {
            let found = Kinds::of(&schema, &definitions);
            for name in NAMES {
                assert_eq!(found.has(name), kinds.contains(name), "{schema}: {name}");
            }
        }
    }
}
