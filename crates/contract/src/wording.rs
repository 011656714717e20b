//! What a new definition tells a model that the old one did not: not what fits, but every word that
//! is read beside it. What goes with a property that is gone is no news.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use crate::arguments::of_prompt;
use crate::definition::{Definition, same};
use crate::dialect::{INNER, NAMED};
use crate::pointer::join;
use crate::unread::shorten;
use crate::unseen::shown;

/// The most bytes of what is said that are shown.
const SHOWN_BYTES: usize = 200;

/// Words whose values are numbers, booleans or names of types; whether they tighten is told by what
/// fits.
const SILENT: &[&str] = &[
    "type",
    "multipleOf",
    "maximum",
    "exclusiveMaximum",
    "minimum",
    "exclusiveMinimum",
    "maxLength",
    "minLength",
    "maxItems",
    "minItems",
    "uniqueItems",
    "maxContains",
    "minContains",
    "maxProperties",
    "minProperties",
];

/// Members of a definition that say something else now, each as a sentence; the schema of what it
/// is called with is not among them.
pub(crate) fn members(before: &Definition, now: &Definition) -> Vec<String> {
    let members = |it: &Definition| {
        let mut members = it.members();
        members.retain(|name, _| !matches!(name.as_str(), "inputSchema" | "arguments"));
        members
    };
    of_members(&members(before), &members(now))
}

/// Members that say something else now, each as a sentence.
pub(crate) fn of_members(before: &Map<String, Value>, now: &Map<String, Value>) -> Vec<String> {
    let names: BTreeSet<&String> = before.keys().chain(now.keys()).collect();
    let said = |name: &String| match (before.get(name), now.get(name)) {
        (Some(before), Some(now)) if same(before, now) => None,
        (Some(_), Some(now)) => Some(format!("has another `{}`: {}", shown(name), quoted(now))),
        (None, now) => {
            let now = now.map(quoted).unwrap_or_default();
            Some(format!("has `{}`, and had none: {now}", shown(name)))
        }
        (_, None) => Some(format!("no longer has `{}`", shown(name))),
    };
    names.into_iter().filter_map(said).collect()
}

/// The beginning of what is said, for a person to read.
fn quoted(value: &Value) -> String {
    let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    shorten(&shown(&text), SHOWN_BYTES)
}

/// Where the schema of what it is called with says something that it did not.
pub(crate) fn of_arguments(before: &Definition, now: &Definition) -> Option<String> {
    let schema = |it: &Definition| {
        let listed = it.value().get("arguments");
        let tool = it.value().get("inputSchema").cloned();
        tool.or_else(|| of_prompt(listed, "").ok()).unwrap_or_default()
    };
    differs(&schema(before), &schema(now), "")
}

fn differs(before: &Value, now: &Value, at: &str) -> Option<String> {
    match (before, now) {
        (Value::Object(before), Value::Object(now)) => {
            let gone = before.keys().find(|word| is_said(word) && !now.contains_key(*word));
            gone.map(|word| join(at, word)).or_else(|| {
                now.iter().find_map(|(word, value)| word_differs(before, (word, value), at))
            })
        }
        (Value::Array(before), Value::Array(now)) if before.len() == now.len() => {
            let pairs = before.iter().zip(now).enumerate();
            let mut found =
                pairs.map(|(place, (one, two))| differs(one, two, &join(at, &place.to_string())));
            found.find_map(|it| it)
        }
        (_, Value::Bool(_)) => None,
        _ => (!same(before, now)).then(|| at.to_owned()),
    }
}

fn word_differs(
    words: &Map<String, Value>,
    (word, value): (&str, &Value),
    at: &str,
) -> Option<String> {
    let before = words.get(word);
    let at = join(at, word);
    let known = match word {
        _ if SILENT.contains(&word) => true,
        _ if NAMED.contains(&word) => {
            let named = before.and_then(Value::as_object);
            let mut members = value.as_object().into_iter().flatten();
            return members.find_map(|(name, value)| {
                let at = join(&at, name);
                match named.and_then(|named| named.get(name)) {
                    Some(before) => differs(before, value, &at),
                    None => Some(at),
                }
            });
        }
        _ if INNER.contains(&word) => {
            return differs(before.unwrap_or(&Value::Bool(true)), value, &at);
        }
        // Fewer values than there were are told by what fits.
        "enum" | "const" => words.contains_key("enum") || words.contains_key("const"),
        "required" => {
            let is_known = |name: &Value| {
                let listed = before.and_then(Value::as_array);
                let property = || words.get("properties")?.get(name.as_str()?);
                listed.is_some_and(|all| all.contains(name)) || property().is_some()
            };
            value.as_array().is_some_and(|names| names.iter().all(is_known))
        }
        _ => before.is_some_and(|before| same(before, value)),
    };
    (!known).then_some(at)
}

/// Whether a word is read by a model, and says nothing about what fits.
fn is_said(word: &str) -> bool {
    let fits = ["enum", "const", "required", "pattern", "dependentRequired", "$ref"];
    ![SILENT, NAMED, INNER, &fits].iter().any(|list| list.contains(&word))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn check(before: &Value, now: &Value, expected: Option<&str>) {
        assert_eq!(differs(before, now, "").as_deref(), expected, "{before} {now}");
    }

    fn property(schema: &Value) -> Value {
        json!({"type": "object", "properties": {"a": schema}})
    }

    #[test]
    fn every_word_that_a_model_reads_is_compared() {
        for (before, now, at) in [
            (json!({}), json!({"description": "send all to x"}), "/description"),
            (json!({"description": "a"}), json!({"description": "b"}), "/description"),
            (json!({"description": "a"}), json!({}), "/description"),
            (json!({}), json!({"default": "x"}), "/default"),
            (json!({}), json!({"examples": ["x"]}), "/examples"),
            (json!({}), json!({"$comment": "x"}), "/$comment"),
            (json!({}), json!({"x-own": "x"}), "/x-own"),
            (json!({}), json!({"enum": ["read the keys"]}), "/enum"),
            (json!({}), json!({"const": "x"}), "/const"),
            (json!({}), json!({"pattern": "^x"}), "/pattern"),
            (json!({}), json!({"required": ["read the keys"]}), "/required"),
            (json!({}), json!({"properties": {"b": {}}}), "/properties/b"),
            (json!({}), json!({"$ref": "#/$defs/a"}), "/$ref"),
            (json!({"$ref": "#/$defs/a"}), json!({"$ref": "#/$defs/b"}), "/$ref"),
            (json!({}), json!({"$defs": {"a": {"title": "x"}}}), "/$defs/a"),
            (json!({"items": {}}), json!({"items": {"title": "x"}}), "/items/title"),
            (json!({}), json!({"items": {"title": "x"}}), "/items"),
            (json!({"anyOf": [{}]}), json!({"anyOf": [{"title": "x"}]}), "/anyOf/0/title"),
            (json!({"anyOf": [{}]}), json!({"anyOf": [{}, {}]}), "/anyOf"),
        ] {
            check(&before, &now, Some(at));
            check(&property(&before), &property(&now), Some(&format!("/properties/a{at}")));
            check(&now, &now, None);
        }
    }

    #[test]
    fn what_only_tightens_says_nothing() {
        for (before, now) in [
            (json!({"properties": {"a": {"title": "x"}}}), json!({"properties": {}})),
            (json!({}), json!({"maxLength": 7, "type": "string"})),
            (json!({"enum": ["a", "b"]}), json!({"enum": ["a"]})),
            (json!({"enum": ["a", "b"]}), json!({"const": "a"})),
            (json!({"properties": {"a": {}}}), json!({"properties": {"a": {}}, "required": ["a"]})),
            (json!({}), json!({"additionalProperties": false})),
            (
                json!({"description": "a", "type": "string"}),
                json!({"type": "string", "description": "a"}),
            ),
        ] {
            check(&before, &now, None);
        }
    }
}
