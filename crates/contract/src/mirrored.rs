//! Arguments of a tool that headers repeat (`x-mcp-header`, revision 2026-07-28, Streamable HTTP,
//! "Custom Headers from Tool Parameters"): what stands between may read a header and not the body,
//! so both have to say the same.

use serde_json::{Map, Value};

use crate::dialect::{INNER, NAMED};
use crate::pointer::join;
use crate::unread::Unread;

/// The word that names a header.
const WORD: &str = "x-mcp-header";
/// What the names of these headers begin with, in lower case.
const PREFIX: &str = "mcp-param-";
/// The most headers of one tool, and the longest name, in bytes.
const MAX_HEADERS: usize = 32;
const NAME_BYTES: usize = 64;

/// An argument and the header that repeats it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mirrored {
    /// The header, in lower case: `mcp-param-region`.
    pub header: String,
    /// The names of the members that lead to the argument.
    pub path: Vec<String>,
}

impl Mirrored {
    /// The argument, where it is there and not null: only then there is a header.
    pub fn of<'a>(&self, arguments: &'a Value) -> Option<&'a Value> {
        let found = self.path.iter().try_fold(arguments, |value, name| value.get(name));
        found.filter(|value| !value.is_null())
    }
}

/// Reads what a tool's input schema has repeated; a schema that says so in another way than is
/// allowed is one that clients and servers read differently.
pub(crate) fn read(schema: &Value, at: &str) -> Result<Vec<Mirrored>, Unread> {
    let mut found = Vec::new();
    descend(schema, at, Some(&[]), &mut found)?;
    let of_name = |header: &String| found.iter().filter(|it| it.header == *header).count();
    match found.iter().find(|it| of_name(&it.header) > 1) {
        Some(twice) => {
            Err(Unread::new(at, format!("repeats two arguments in the header `{}`", twice.header)))
        }
        None if found.len() > MAX_HEADERS => {
            Err(Unread::new(at, format!("repeats more than {MAX_HEADERS} arguments in headers")))
        }
        None => Ok(found),
    }
}

/// `path` leads here by properties alone, or is none.
fn descend(
    schema: &Value,
    at: &str,
    path: Option<&[String]>,
    found: &mut Vec<Mirrored>,
) -> Result<(), Unread> {
    let Some(words) = schema.as_object() else { return Ok(()) };
    if let Some(name) = words.get(WORD) {
        let path = path.filter(|path| !path.is_empty());
        let path = path.ok_or_else(|| Unread::new(&join(at, WORD), "is not at a property"))?;
        found.push(Mirrored { header: header(words, name, at)?, path: path.to_vec() });
    }
    for (word, value) in words {
        let place = join(at, word);
        let inner = value.as_object().into_iter().flatten();
        if NAMED.contains(&word.as_str()) {
            for (name, schema) in inner {
                let onward = path.filter(|_| word == "properties");
                let onward = onward.map(|path| [path, std::slice::from_ref(name)].concat());
                descend(schema, &join(&place, name), onward.as_deref(), found)?;
            }
        } else if INNER.contains(&word.as_str()) {
            for (number, schema) in value.as_array().into_iter().flatten().enumerate() {
                descend(schema, &join(&place, &number.to_string()), None, found)?;
            }
            descend(value, &place, None, found)?;
        }
    }
    Ok(())
}

fn header(words: &Map<String, Value>, name: &Value, at: &str) -> Result<String, Unread> {
    let at = join(at, WORD);
    let kind = words.get("type").and_then(Value::as_str).unwrap_or_default();
    if !["string", "integer", "boolean"].contains(&kind) {
        return Err(Unread::new(&at, "is at what is neither a string, an integer nor a boolean"));
    }
    // A token (RFC 9110, section 5.6.2).
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    let text = name.as_str().unwrap_or_default();
    if text.is_empty() || text.len() > NAME_BYTES || !text.bytes().all(plain) {
        return Err(Unread::new(&at, "is not the name of a header"));
    }
    Ok(format!("{PREFIX}{}", text.to_ascii_lowercase()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn an_argument_is_found_by_the_properties_that_lead_to_it() {
        let schema = json!({"type": "object", "properties": {
            "region": {"type": "string", "x-mcp-header": "Region"},
            "to": {"type": "object", "properties": {
                "x-mcp-header": {"type": "string"},
                "id": {"type": "integer", "x-mcp-header": "To-Id"},
            }},
        }});
        let found = read(&schema, "").unwrap();
        let headers: Vec<&str> = found.iter().map(|it| it.header.as_str()).collect();
        assert_eq!(headers, ["mcp-param-region", "mcp-param-to-id"]);
        let arguments = json!({"region": null, "to": {"id": 7}});
        assert_eq!(found[0].of(&arguments), None);
        assert_eq!(found[1].of(&arguments), Some(&json!(7)));
        assert_eq!(found[1].of(&json!({"to": 7})), None);
    }

    #[test]
    fn what_cannot_be_repeated_is_refused() {
        let named = |name: Value| json!({"type": "string", "x-mcp-header": name});
        let of = |property: Value| json!({"properties": {"a": property}});
        let fine = named(json!("A"));
        for schema in [
            of(named(json!(""))),
            of(named(json!("a b"))),
            of(named(json!("a\r\nb"))),
            of(named(json!("é"))),
            of(named(json!(7))),
            of(named(json!("a".repeat(NAME_BYTES + 1)))),
            of(json!({"type": "number", "x-mcp-header": "A"})),
            of(json!({"type": "object", "x-mcp-header": "A"})),
            of(json!({"x-mcp-header": "A"})),
            fine.clone(),
            json!({"properties": {"a": fine, "b": named(json!("a"))}}),
            json!({"items": of(fine.clone())}),
            json!({"anyOf": [of(fine.clone())]}),
            json!({"$defs": {"x": of(fine.clone())}}),
            json!({"additionalProperties": fine.clone()}),
            json!({"then": fine.clone()}),
        ] {
            assert!(read(&schema, "").is_err(), "{schema}");
        }
        let many = (0..=MAX_HEADERS).map(|it| (it.to_string(), named(json!(it.to_string()))));
        let many = json!({"properties": many.collect::<Map<String, Value>>()});
        assert!(read(&many, "").is_err());
    }
}
