//! `Mcp-Param-…`: arguments that a tool's schema has its clients repeat in header fields, so that
//! somebody on the way can go by them (MCP 2026-07-28, Streamable HTTP, Custom Headers from Tool
//! Parameters). They are the arguments', or the request is refused.

use bailiwick_contract::contract::Mirrored;
use http::HeaderMap;
use serde_json::Value;

use super::agreement::text;

/// Checks that each field is there exactly where its argument is, and says the same.
pub fn check(
    mirrored: &[Mirrored],
    headers: &HeaderMap,
    arguments: &Value,
) -> Result<(), &'static str> {
    for field in mirrored {
        let mut values = headers.get_all(field.header.as_str()).iter();
        match (field.of(arguments), values.next(), values.next()) {
            (None, None, _) => {}
            (Some(argument), Some(value), None) => {
                let said = text(value).ok_or("an Mcp-Param field cannot be read")?;
                if !is_same(argument, &said) {
                    return Err("an Mcp-Param field is not what the argument is");
                }
            }
            (Some(_), None, _) => return Err("an Mcp-Param field is missing"),
            (None, Some(_), _) => return Err("an Mcp-Param field has no argument"),
            (Some(_), Some(_), Some(_)) => return Err("an Mcp-Param field is there twice"),
        }
    }
    Ok(())
}

/// Whether a field says what an argument is; numbers by their value.
fn is_same(argument: &Value, said: &str) -> bool {
    match argument {
        Value::String(text) => text == said,
        Value::Bool(truth) => said == if *truth { "true" } else { "false" },
        Value::Number(number) => match (number.as_i64(), said.parse::<i64>()) {
            (Some(number), Ok(said)) => number == said,
            _ => said.parse::<f64>().is_ok_and(|said| number.as_f64() == Some(said)),
        },
        Value::Null | Value::Array(_) | Value::Object(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bailiwick_contract::document::Document;
    use http::HeaderValue;
    use http::header::HeaderName;
    use serde_json::json;

    fn check(arguments: &Value, fields: &[(&'static str, &'static str)], expected: bool) {
        let definition = json!({"name": "t", "inputSchema": {"type": "object", "properties": {
            "region": {"type": "string", "x-mcp-header": "Region"},
            "deep": {"properties": {"count": {"type": "integer", "x-mcp-header": "Count"}}},
            "dry": {"type": "boolean", "x-mcp-header": "Dry"},
        }}});
        let mut headers = HeaderMap::new();
        for (name, value) in fields {
            let (name, value) = (HeaderName::from_static(name), HeaderValue::from_static(value));
            headers.append(name, value);
        }
        let catalog = json!({"mcp": "2026-07-28", "tools": [definition]});
        let document = Document::read(catalog.to_string().as_bytes()).unwrap();
        let mirrored = document.operations[0].contract.mirrored();
        let checked = super::check(mirrored, &headers, arguments);
        assert_eq!(checked.is_ok(), expected, "{arguments} {fields:?} {checked:?}");
    }

    #[test]
    fn fields_say_what_the_arguments_are() {
        check(&json!({"region": "eu"}), &[("mcp-param-region", "eu")], true);
        check(&json!({"region": "ü"}), &[("mcp-param-region", "=?base64?w7w=?=")], true);
        check(&json!({"region": "eu"}), &[], false);
        check(&json!({"region": "eu"}), &[("mcp-param-region", "us")], false);
        check(&json!({"region": "eu"}), &[("mcp-param-region", "=?base64?*?=")], false);
        let twice = [("mcp-param-region", "eu"), ("mcp-param-region", "us")];
        check(&json!({"region": "eu"}), &twice, false);
        check(&json!({"region": null}), &[], true);
        check(&json!({}), &[], true);
        check(&json!({}), &[("mcp-param-region", "eu")], false);
        check(&json!({"deep": {"count": 42}}), &[("mcp-param-count", "42.0")], true);
        check(&json!({"deep": {"count": 42}}), &[("mcp-param-count", "43")], false);
        check(&json!({"dry": true}), &[("mcp-param-dry", "true")], true);
        check(&json!({"dry": true}), &[("mcp-param-dry", "false")], false);
        check(&json!({"region": ["eu"]}), &[("mcp-param-region", "eu")], false);
        check(&json!({}), &[("mcp-param-unknown", "x")], true);
    }
}
