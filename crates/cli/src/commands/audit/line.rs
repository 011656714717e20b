//! One record on one line.

use serde_json::Value;

/// The columns of a list of records.
pub(super) const HEAD: [&str; 8] =
    ["INDEX", "TIME", "AGENT", "REQUEST", "OUTCOME", "STATUS", "CODE", "RECORD"];

/// A record's cells, in the order of [`HEAD`].
pub(super) fn cells(found: &Value) -> Vec<String> {
    let record = found.get("record").unwrap_or(&Value::Null);
    let text = |pointer: &str| match record.pointer(pointer) {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Number(number)) => number.to_string(),
        _ => "-".to_owned(),
    };
    let place = match text("/path_template").as_str() {
        "-" => text("/resource"),
        template => format!("{}{template}", api(record)),
    };
    vec![
        found.get("index").map(Value::to_string).unwrap_or_default(),
        text("/time"),
        text("/agent/name"),
        format!("{} {place}", text("/method")),
        text("/decision/outcome"),
        text("/response/status"),
        match text("/decision/would_be/code").as_str() {
            "-" => text("/decision/code"),
            code => format!("would be {code}"),
        },
        text("/id"),
    ]
}

fn api(record: &Value) -> String {
    record.get("api").and_then(Value::as_str).map(|name| format!("{name}:")).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_record_is_one_line_also_when_nothing_was_proven() {
        let found = json!({"index": 3, "record": {
            "id": "rec_1", "time": "T", "method": "GET", "api": "acme",
            "path_template": "/tickets/{id}", "agent": {"name": "a"},
            "decision": {"outcome": "allowed"}, "response": {"status": 200},
        }});
        let expected = ["3", "T", "a", "GET acme:/tickets/{id}", "allowed", "200", "-", "rec_1"];
        assert_eq!(cells(&found), expected);
        let observed = json!({"index": 5, "record": {
            "decision": {"outcome": "allowed", "would_be": {"code": "scope_missing"}},
        }});
        assert_eq!(cells(&observed)[6], "would be scope_missing");
        let bare = json!({"index": 4, "record": {"decision": {"outcome": "denied"}}});
        assert_eq!(cells(&bare), ["4", "-", "-", "- -", "denied", "-", "-", "-"]);
    }
}
