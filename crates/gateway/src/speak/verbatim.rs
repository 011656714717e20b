//! The text of a JSON value as it was sent: what is decided about is exactly what goes on, with
//! every digit of its numbers.
//!
//! The text is known to be JSON; what comes of any other is nothing, or nonsense, but no panic.

use serde_json::Value;

/// The members of an object, each its name with the quotation marks and its value.
pub fn members(object: &str) -> Vec<(&str, &str)> {
    let mut members = Vec::new();
    let Some(mut rest) = object.trim().strip_prefix('{') else { return members };
    loop {
        rest = rest.trim_start();
        let Some(after) = skip_text(rest) else { break };
        let (name, after) = split(rest, after);
        let Some(value) = after.trim_start().strip_prefix(':').map(str::trim_start) else { break };
        let (value, after) = split(value, skip(value));
        members.push((name, value.trim_end()));
        let Some(next) = after.trim_start().strip_prefix(',') else { break };
        rest = next;
    }
    members
}

/// The value of a member, by its name without the quotation marks; nothing where there is none.
pub fn member<'a>(object: &'a str, name: &str) -> Option<&'a str> {
    let named = members(object).into_iter().find(|(known, _)| is_named(known, name));
    named.map(|(_, value)| value)
}

/// The object without the members that are not kept.
pub fn retain(object: &str, keep: impl Fn(&str) -> bool) -> String {
    let kept = members(object)
        .into_iter()
        .filter(|(quoted, _)| serde_json::from_str::<String>(quoted).is_ok_and(|name| keep(&name)));
    write(kept)
}

/// The object without a member, which is where these members lead to.
pub fn without(object: &str, path: &[&str], name: &str) -> String {
    let Some((first, rest)) = path.split_first() else { return retain(object, |it| it != name) };
    match member(object, first) {
        Some(inner) => replace(object, first, &without(inner, rest, name)),
        None => object.to_owned(),
    }
}

/// The object with another value for a member that it has.
pub fn replace(object: &str, name: &str, value: &str) -> String {
    let replaced = members(object).into_iter();
    write(replaced.map(|(known, old)| (known, if is_named(known, name) { value } else { old })))
}

/// The object with one member more at its end, that it does not have yet.
pub fn add(object: &str, name: &str, value: &Value) -> String {
    let (name, value) = (Value::from(name).to_string(), value.to_string());
    write(members(object).into_iter().chain([(&*name, &*value)]))
}

/// The value without the white space that means nothing.
pub fn squeeze(value: &str) -> String {
    let mut out = String::with_capacity(value.len());
    let mut rest = value;
    while let Some(start) = rest.find('"') {
        let (before, text) = split(rest, start);
        push_squeezed(before, &mut out);
        let (text, after) = split(text, skip_text(text).unwrap_or(text.len()));
        out.push_str(text);
        rest = after;
    }
    push_squeezed(rest, &mut out);
    out
}

fn push_squeezed(text: &str, out: &mut String) {
    out.extend(text.chars().filter(|it| !it.is_ascii_whitespace()));
}

fn write<'a>(members: impl Iterator<Item = (&'a str, &'a str)>) -> String {
    let mut out = String::from("{");
    for (place, (name, value)) in members.enumerate() {
        out.extend([if place > 0 { "," } else { "" }, name, ":", value]);
    }
    out.push('}');
    out
}

fn is_named(quoted: &str, name: &str) -> bool {
    let plain = quoted.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
    match plain {
        Some(plain) if !plain.contains('\\') => plain == name,
        _ => serde_json::from_str::<String>(quoted).is_ok_and(|it| it == name),
    }
}

fn split(text: &str, at: usize) -> (&str, &str) {
    text.split_at_checked(at).unwrap_or((text, ""))
}

/// How long the text is that the value begins with, with its quotation marks.
fn skip_text(value: &str) -> Option<usize> {
    let inner = value.strip_prefix('"')?;
    let mut escaped = false;
    let end = inner.bytes().position(|byte| {
        let ends = byte == b'"' && !escaped;
        escaped = byte == b'\\' && !escaped;
        ends
    })?;
    Some(end + 2)
}

/// How long the value is.
fn skip(value: &str) -> usize {
    if let Some(length) = skip_text(value) {
        return length;
    }
    let (mut depth, mut place) = (0_usize, 0);
    while let Some(byte) = value.as_bytes().get(place) {
        match byte {
            b'"' => {
                let text = value.get(place..).and_then(skip_text);
                place += text.unwrap_or(value.len());
                continue;
            }
            b'{' | b'[' => depth += 1,
            b'}' | b']' if depth > 0 => {
                depth -= 1;
                if depth == 0 {
                    return place + 1;
                }
            }
            b',' | b'}' | b']' if depth == 0 => return place,
            _ => {}
        }
        place += 1;
    }
    value.len()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::Value;

    #[test]
    fn members_are_as_they_were_sent() {
        let object = r#" { "a" : 1.00 ,"b":{"c":[1,{"d":"}\""}]}, "e\u0066":"x\\" ,"n":null} "#;
        let expected = [
            ("\"a\"", "1.00"),
            ("\"b\"", r#"{"c":[1,{"d":"}\""}]}"#),
            (r#""e\u0066""#, r#""x\\""#),
            ("\"n\"", "null"),
        ];
        assert_eq!(members(object), expected);
        assert_eq!(member(object, "ef"), Some(r#""x\\""#));
        assert_eq!(member(object, "c"), None);
        assert_eq!(
            retain(object, |name| name == "ef" || name == "n"),
            r#"{"e\u0066":"x\\","n":null}"#
        );
        assert_eq!(replace(r#"{"a":1, "b":2}"#, "a", "{}"), r#"{"a":{},"b":2}"#);
        assert_eq!(members("{}"), []);
        assert_eq!(members("[1]"), []);
    }

    #[test]
    fn only_white_space_that_means_nothing_goes() {
        let value = "{ \"a b\" :\n\t[ 1 , 1e400,\" \\\" \\\\\" ] }";
        assert_eq!(squeeze(value), "{\"a b\":[1,1e400,\" \\\" \\\\\"]}");
        assert_eq!(squeeze(""), "");
    }

    fn value() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            any::<i64>().prop_map(Value::from),
            any::<bool>().prop_map(Value::from),
            "[a-z\"\\\\{}:, \u{e4}]{0,6}".prop_map(Value::from),
        ];
        leaf.prop_recursive(3, 24, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                prop::collection::btree_map("[a-z\"\\\\{}:, ]{0,6}", inner, 0..4)
                    .prop_map(|map| Value::Object(map.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn every_member_is_found_whole(value in value()) {
            let Value::Object(map) = &value else { return Ok(()) };
            for text in [value.to_string(), serde_json::to_string_pretty(&value).unwrap()] {
                for (name, expected) in map {
                    let found = member(&text, name).unwrap();
                    prop_assert_eq!(&serde_json::from_str::<Value>(found).unwrap(), expected);
                }
                let squeezed = squeeze(&text);
                prop_assert_eq!(&squeezed, &squeeze(&squeezed));
                prop_assert_eq!(&serde_json::from_str::<Value>(&squeezed).unwrap(), &value);
                let kept = retain(&text, |_| true);
                prop_assert_eq!(&serde_json::from_str::<Value>(&kept).unwrap(), &value);
            }
        }

        #[test]
        fn no_text_makes_it_panic(text in "[{}\\[\\]\":,\\\\a0 \u{e4}]{0,60}", other: String) {
            for text in [&text, &other] {
                let _ = (members(text), squeeze(text), retain(text, |_| true));
            }
        }
    }
}
