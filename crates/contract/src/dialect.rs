//! The dialects of JSON Schema that are read, and how the older ones are turned into 2020-12.

use serde_json::{Map, Value, json};

/// Words with schemas by name, of any dialect.
pub(crate) const NAMED: &[&str] = &[
    "properties",
    "patternProperties",
    "dependentSchemas",
    "dependencies",
    "$defs",
    "definitions",
];
/// Words with a schema or a list of them, of any dialect.
pub(crate) const INNER: &[&str] = &[
    "items",
    "additionalItems",
    "prefixItems",
    "additionalProperties",
    "unevaluatedItems",
    "unevaluatedProperties",
    "contains",
    "propertyNames",
    "not",
    "if",
    "then",
    "else",
    "allOf",
    "anyOf",
    "oneOf",
];

/// Which words a schema may have, and what they mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dialect {
    /// That of OpenAPI 3.0.
    OpenApi30,
    /// That of OpenAPI 3.1, which many still write as that of 3.0.
    OpenApi31,
    /// JSON Schema draft-07.
    Draft07,
    /// JSON Schema 2020-12.
    Draft202012,
}

impl Dialect {
    /// Whether what stands beside a reference counts.
    pub(crate) fn neighbors_count(self) -> bool {
        matches!(self, Self::OpenApi31 | Self::Draft202012)
    }

    /// Whether `nullable`, `readOnly` and exclusive bounds that are booleans mean something.
    pub(crate) fn is_openapi(self) -> bool {
        matches!(self, Self::OpenApi30 | Self::OpenApi31)
    }
}

/// The words of draft-07 as those of 2020-12: lists of `items` are `prefixItems`, and what is in
/// `dependencies` has two words of its own (JSON Schema 2020-12: Core, 10.2.2.4 and 10.3.1;
/// Validation, 6.5.4).
pub(crate) fn renew(words: &Map<String, Value>) -> Map<String, Value> {
    let listed = words.get("items").is_some_and(Value::is_array);
    let mut renewed = Map::new();
    for (word, value) in words {
        match word.as_str() {
            "items" if listed => drop(renewed.insert("prefixItems".to_owned(), value.clone())),
            "additionalItems" if listed => drop(renewed.insert("items".to_owned(), value.clone())),
            "additionalItems"
            | "prefixItems"
            | "unevaluatedItems"
            | "unevaluatedProperties"
            | "dependentRequired"
            | "dependentSchemas" => {}
            "dependencies" => renewed.extend(dependencies(value)),
            _ => drop(renewed.insert(word.clone(), value.clone())),
        }
    }
    renewed
}

fn dependencies(value: &Value) -> [(String, Value); 2] {
    let (mut required, mut schemas) = (Map::new(), Map::new());
    for (name, value) in value.as_object().into_iter().flatten() {
        let kind = if value.is_array() { &mut required } else { &mut schemas };
        kind.insert(name.clone(), value.clone());
    }
    [
        ("dependentRequired".to_owned(), json!(required)),
        ("dependentSchemas".to_owned(), json!(schemas)),
    ]
}

/// `exclusiveMinimum: true` beside `minimum: 1`, as OpenAPI 3.0 has it, is `exclusiveMinimum: 1`.
pub(crate) fn exclusive(shaped: &mut Map<String, Value>, exclusive: &str, bound: &str) {
    match shaped.get(exclusive) {
        Some(Value::Bool(true)) => match shaped.remove(bound) {
            Some(value) => drop(shaped.insert(exclusive.to_owned(), value)),
            None => drop(shaped.remove(exclusive)),
        },
        Some(Value::Bool(false)) => drop(shaped.remove(exclusive)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_draft_07_are_those_of_2020_12() {
        for (older, newer) in [
            (json!({"items": {"type": "string"}}), json!({"items": {"type": "string"}})),
            (
                json!({"items": [{"type": "string"}], "additionalItems": false}),
                json!({"prefixItems": [{"type": "string"}], "items": false}),
            ),
            (json!({"items": {}, "additionalItems": false}), json!({"items": {}})),
            (
                json!({"dependencies": {"a": ["b"], "c": {"required": ["d"]}}}),
                json!({"dependentRequired": {"a": ["b"]},
                    "dependentSchemas": {"c": {"required": ["d"]}}}),
            ),
            (json!({"prefixItems": [false], "type": "array"}), json!({"type": "array"})),
        ] {
            assert_eq!(Value::Object(renew(older.as_object().unwrap())), newer, "{older}");
        }
    }
}
