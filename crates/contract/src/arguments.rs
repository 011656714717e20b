//! What a tool is called with, or a prompt got with.
//!
//! The schema is JSON Schema 2020-12, or draft-07 where it says so. Arguments that it does not
//! describe are refused unless it says itself that others may be there; it is the product that is
//! strict here and not JSON Schema, as with bodies.

use serde_json::{Map, Value, json};

use crate::dialect::Dialect;
use crate::fit::{Fit, Misfit};
use crate::json::{self, MAX_DEPTH};
use crate::library::{Definitions, Library, is_composed};
use crate::pointer::join;
use crate::unread::{Unread, shorten};

/// The most bytes of a dialect's name that are shown.
const SHOWN_BYTES: usize = 80;

/// A tool's input schema, or a prompt's arguments as one.
#[derive(Debug)]
pub(crate) struct Arguments {
    /// Closed, in 2020-12.
    pub(crate) schema: Value,
    fit: Fit,
}

impl Arguments {
    /// Reads the schema of a tool; what it refers to goes to the definitions under names that begin
    /// with the prefix.
    pub(crate) fn read(
        schema: &Value,
        at: &str,
        prefix: String,
        definitions: &mut Definitions,
    ) -> Result<Self, Unread> {
        let mut root = schema.clone();
        let words = root.as_object_mut().ok_or_else(|| Unread::new(at, "is not an object"))?;
        let dialect = dialect(words, at)?;
        // It names the schema for others, and only what is in the schema is referred to.
        words.remove("$id");
        let mut library = Library::new(&root, dialect).apart(prefix);
        let schema = closed(library.read(&root, at)?);
        let fit = Fit::new(&schema, library.definitions());
        let fit = fit.map_err(|reason| Unread::new(at, reason))?;
        definitions.extend(library.into_definitions());
        Ok(Self { schema, fit })
    }

    /// Checks arguments.
    pub(crate) fn check(&self, arguments: &Value) -> Result<(), Misfit> {
        if !arguments.is_object() {
            return Err(misfit("", "is not an object"));
        }
        if !json::depth(arguments, MAX_DEPTH) {
            return Err(misfit("", "is nested too deep"));
        }
        self.fit.check(arguments)
    }

    /// Checks arguments of what is called with none.
    pub(crate) fn none(arguments: &Value) -> Result<(), Misfit> {
        let arguments = arguments.as_object().ok_or_else(|| misfit("", "is not an object"))?;
        match arguments.keys().next() {
            Some(name) => Err(misfit(&join("", name), "is not described")),
            None => Ok(()),
        }
    }
}

/// The arguments of a prompt, all texts, as the schema of a tool would have them.
pub(crate) fn of_prompt(listed: Option<&Value>, at: &str) -> Result<Value, Unread> {
    let (mut properties, mut required) = (Map::new(), Vec::new());
    let none = Vec::new();
    let listed = match listed {
        None => &none,
        Some(listed) => listed.as_array().ok_or_else(|| Unread::new(at, "is not a list"))?,
    };
    for (number, argument) in listed.iter().enumerate() {
        let at = join(at, &number.to_string());
        let name = argument.get("name").and_then(Value::as_str);
        let name = name.ok_or_else(|| Unread::new(&at, "has no name"))?;
        if argument.get("required") == Some(&Value::Bool(true)) {
            required.push(name);
        }
        let mut described = argument.as_object().cloned().unwrap_or_default();
        described.remove("name");
        described.remove("required");
        described.insert("type".to_owned(), "string".into());
        if properties.insert(name.to_owned(), Value::Object(described)).is_some() {
            return Err(Unread::new(&at, "is listed more than once"));
        }
    }
    Ok(json!({"type": "object", "properties": properties, "required": required}))
}

fn dialect(words: &Map<String, Value>, at: &str) -> Result<Dialect, Unread> {
    let Some(named) = words.get("$schema") else { return Ok(Dialect::Draft202012) };
    match named.as_str().unwrap_or_default().trim_end_matches('#') {
        "https://json-schema.org/draft/2020-12/schema" => Ok(Dialect::Draft202012),
        "http://json-schema.org/draft-07/schema" | "https://json-schema.org/draft-07/schema" => {
            Ok(Dialect::Draft07)
        }
        _ => {
            let shown = shorten(&named.to_string(), SHOWN_BYTES);
            let reason = format!("is of the dialect {shown}, which is not read");
            Err(Unread::new(&join(at, "$schema"), reason))
        }
    }
}

/// The schema, taking no others unless it, or what it is put together of, says that it does.
fn closed(mut schema: Value) -> Value {
    let Some(words) = schema.as_object_mut() else { return schema };
    let says = |word: &&str| words.contains_key(*word);
    if !["additionalProperties", "unevaluatedProperties"].iter().any(says) {
        let word =
            if is_composed(words) { "unevaluatedProperties" } else { "additionalProperties" };
        words.insert(word.to_owned(), Value::Bool(false));
    }
    if words.get("additionalProperties") == Some(&Value::Bool(false)) {
        // So that it is the first one too many that is named, and not the whole.
        words.entry("properties").or_insert_with(|| json!({}));
    }
    schema
}

fn misfit(pointer: &str, reason: &str) -> Misfit {
    Misfit { pointer: pointer.to_owned(), reason: reason.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(schema: &Value) -> Result<Arguments, Unread> {
        Arguments::read(schema, "/inputSchema", "t0".to_owned(), &mut Definitions::new())
    }

    fn check(schema: &Value, arguments: &Value, expected: Option<(&str, &str)>) {
        let found = read(schema).unwrap().check(arguments).err();
        let found = found.as_ref().map(|it| (it.pointer.as_str(), it.reason.as_str()));
        assert_eq!(found, expected, "{schema} {arguments}");
    }

    #[test]
    fn what_is_not_described_is_refused_unless_the_schema_says_otherwise() {
        let unknown = Some(("/b", "is not described"));
        for schema in [
            json!({"type": "object"}),
            json!({}),
            json!({"type": "object", "properties": {}}),
            json!({"type": "object", "properties": {"a": {}}}),
            json!({"type": "object", "additionalProperties": false}),
            json!({"type": "object", "$ref": "#/$defs/x", "$defs": {"x": {"type": "object"}}}),
            json!({"anyOf": [{"required": ["a"]}, {"required": ["b"]}]}),
            json!({"allOf": [{"properties": {"a": {}}}, {"properties": {"c": {}}}]}),
        ] {
            check(&schema, &json!({"b": 1}), unknown);
        }
        for schema in [
            json!({"type": "object", "additionalProperties": true}),
            json!({"type": "object", "properties": {"a": {}}, "additionalProperties": {}}),
            json!({"$ref": "#/$defs/x", "$defs": {"x": {"additionalProperties": true}}}),
            json!({"type": "object", "patternProperties": {"^b$": {}}}),
        ] {
            check(&schema, &json!({"b": 1}), None);
        }
        for arguments in [json!(null), json!([]), json!("a"), json!(1)] {
            check(&json!({}), &arguments, Some(("", "is not an object")));
        }
        let deep = (0..MAX_DEPTH).fold(json!({}), |inner, _| json!({"a": inner}));
        let open = json!({"additionalProperties": true});
        check(&open, &deep, Some(("", "is nested too deep")));
        assert!(Arguments::none(&json!({})).is_ok() && Arguments::none(&json!({"a": 1})).is_err());
        assert!(Arguments::none(&json!(null)).is_err());
    }

    #[test]
    fn a_dialect_is_read_as_it_is_or_not_at_all() {
        let draft = |uri: &str, more: Value| {
            let mut schema = json!({"$schema": uri, "type": "object", "$id": "https://x.test/y"});
            schema.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            schema
        };
        let seven = "http://json-schema.org/draft-07/schema#";
        let pair = json!({"properties": {"p": {"$ref": "#/definitions/p", "maxItems": 0}},
            "definitions": {"p": {"items": [{"type": "string"}], "additionalItems": false}}});
        check(&draft(seven, pair.clone()), &json!({"p": ["a"]}), None);
        check(
            &draft(seven, pair.clone()),
            &json!({"p": [1]}),
            Some(("/p/0", "is not of type string")),
        );
        assert!(read(&draft("https://json-schema.org/draft/2020-12/schema", pair)).is_err());
        let depends = json!({"properties": {"a": {}, "b": {}}, "dependencies": {"a": ["b"]}});
        assert!(read(&draft(seven, depends)).unwrap().check(&json!({"a": 1})).is_err());
        let nullable = json!({"properties": {"a": {"type": "string", "nullable": true}}});
        check(&nullable, &json!({"a": null}), Some(("/a", "is not of type string")));
        for schema in [
            draft("http://json-schema.org/draft-04/schema#", json!({})),
            draft("https://x.test/own", json!({})),
            json!({"$schema": 7}),
            json!({"properties": {"a": {"$ref": "https://x.test/y"}}}),
            json!({"properties": {"a": {"$ref": "#/$defs/b"}}}),
            json!({"properties": {"a": {"$dynamicRef": "#x"}}}),
            json!({"properties": {"a": {"pattern": "(a)\\1"}}}),
            json!({"type": "thing"}),
            json!(true),
            json!(null),
        ] {
            assert!(read(&schema).is_err(), "{schema}");
        }
    }

    #[test]
    fn the_arguments_of_a_prompt_are_texts() {
        let listed = json!([{"name": "city", "required": true}, {"name": "unit"}]);
        let schema = of_prompt(Some(&listed), "/arguments").unwrap();
        check(&schema, &json!({"city": "Bern", "unit": "C"}), None);
        check(&schema, &json!({"unit": "C"}), Some(("/city", "is missing")));
        check(&schema, &json!({"city": 7}), Some(("/city", "is not of type string")));
        check(&schema, &json!({"city": "a", "c": "b"}), Some(("/c", "is not described")));
        check(&of_prompt(None, "").unwrap(), &json!({"a": "b"}), Some(("/a", "is not described")));
        for listed in [json!({}), json!([{}]), json!([{"name": "a"}, {"name": "a"}]), json!([7])] {
            assert!(of_prompt(Some(&listed), "").is_err(), "{listed}");
        }
    }
}
