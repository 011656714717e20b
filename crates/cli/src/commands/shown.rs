//! The admin API's objects, as a person reads them.

use serde_json::Value;

use crate::form::percent;

/// A member as text: lists joined, absent and null ones empty.
pub(crate) fn text(object: &Value, key: &str) -> String {
    match object.get(key) {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => text.clone(),
        Some(Value::Array(items)) => {
            let texts =
                items.iter().map(|item| item.as_str().map_or(item.to_string(), str::to_owned));
            texts.collect::<Vec<_>>().join(" ")
        }
        Some(other) => other.to_string(),
    }
}

/// The items of a list object.
pub(crate) fn items<'v>(list: &'v Value, key: &str) -> &'v [Value] {
    list.get(key).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// A part of a path that was typed by a person, as one segment of a URL.
pub(crate) fn segment(text: &str) -> String {
    let mut segment = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' => {
                segment.push(char::from(byte));
            }
            _ => segment.extend(percent(byte)),
        }
    }
    segment
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn members_read_as_text() {
        let object = json!({"name": "a", "scopes": ["x:r", "y:r"], "limit": null, "uses_left": 3});
        for (key, expected) in
            [("name", "a"), ("scopes", "x:r y:r"), ("limit", ""), ("none", ""), ("uses_left", "3")]
        {
            assert_eq!(text(&object, key), expected, "{key}");
        }
    }

    #[test]
    fn what_is_typed_stays_one_segment() {
        for (typed, expected) in [("a-b_1", "a-b_1"), ("../x", "%2E%2E%2Fx"), ("a?b", "a%3Fb")] {
            assert_eq!(segment(typed), expected);
        }
    }
}
