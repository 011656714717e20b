//! The bytes of a document, JSON or YAML, as one bounded value.

use serde_json::Value;

use crate::json::{self, Strict};
use crate::unread::{NotADocument, shorten};

/// The longest document, in bytes.
pub(crate) const MAX_BYTES: usize = 16 * 1024 * 1024;
/// The deepest nesting of a document.
const MAX_DEPTH: usize = 100;
/// The most values a YAML document may hold, aliases followed.
const MAX_NODES: usize = 1_000_000;
/// The most aliases of a YAML document, and the most values they may bring.
const MAX_ALIASES: usize = 10_000;
/// The most bytes of a parser's complaint.
const COMPLAINT_BYTES: usize = 240;

/// Reads a document: JSON when it begins with a brace, else YAML.
pub(crate) fn read(bytes: &[u8]) -> Result<Value, NotADocument> {
    if bytes.len() > MAX_BYTES {
        return Err(NotADocument::TooLong);
    }
    let first = bytes.iter().find(|byte| !byte.is_ascii_whitespace());
    let Strict(value) = if first == Some(&b'{') {
        serde_json::from_slice(bytes).map_err(|error| malformed(&error.to_string()))?
    } else {
        let text = std::str::from_utf8(bytes).map_err(|_| malformed("it is not UTF-8"))?;
        read_yaml(text)?
    };
    if json::depth(&value, MAX_DEPTH) { Ok(value) } else { Err(malformed("it is nested too deep")) }
}

fn read_yaml(text: &str) -> Result<Strict, NotADocument> {
    let options = serde_saphyr::options! {
        budget: serde_saphyr::budget! {
            max_events: 2 * MAX_NODES,
            max_nodes: MAX_NODES,
            max_depth: MAX_DEPTH,
            max_documents: 1,
            max_aliases: MAX_ALIASES,
            max_anchors: MAX_ALIASES,
            max_merge_keys: MAX_ALIASES,
        },
        alias_limits: serde_saphyr::alias_limits! {
            max_total_replayed_events: 10 * MAX_ALIASES,
        },
        strict_booleans: true,
        leading_zero_numbers_as_strings: true,
        underscored_numbers_as_strings: true,
    };
    serde_saphyr::from_str_with_options(text, options)
        .map_err(|error| malformed(error.to_string().lines().next().unwrap_or_default()))
}

fn malformed(complaint: &str) -> NotADocument {
    NotADocument::Malformed(shorten(complaint, COMPLAINT_BYTES))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn json_and_yaml_say_the_same() {
        let expected = json!({"a": [1, 1.5, true, null, "no", "0755"], "b": {"200": "x"}});
        let json = r#"{"a": [1, 1.5, true, null, "no", "0755"], "b": {"200": "x"}}"#;
        let yaml = "a:\n  - 1\n  - 1.5\n  - true\n  - null\n  - no\n  - 0755\nb:\n  200: x\n";
        let anchored = "a: &list [1, 1.5, true, null, 'no', '0755']\nb: {200: x}\n";
        for text in [json, yaml, anchored] {
            assert_eq!(read(text.as_bytes()).unwrap(), expected, "{text}");
        }
    }

    #[test]
    fn what_is_too_much_or_says_two_things_is_refused() {
        let bomb =
            (1..20).fold("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned(), |text, n| {
                let alias = format!("*a{}, ", n - 1).repeat(10);
                format!("{text}a{n}: &a{n} [{}]\n", alias.trim_end_matches(", "))
            });
        let deep = "[".repeat(5_000);
        let deep_json = format!("{{\"a\":{}{}}}", "[".repeat(120), "]".repeat(120));
        for text in [
            "{",
            "{\"a\": 1, \"a\": 2}",
            "a: 1\na: 2\n",
            "a: [1\n",
            "a: .nan\n",
            "a: 1\n---\nb: 1\n",
            "\u{0}",
            &bomb,
            &deep,
            &deep_json,
        ] {
            let read = read(text.as_bytes());
            assert!(matches!(read, Err(NotADocument::Malformed(_))), "{text:.60}: {read:?}");
        }
        assert_eq!(read(&vec![b' '; MAX_BYTES + 1]), Err(NotADocument::TooLong));
        assert!(matches!(read(b"a: \xff"), Err(NotADocument::Malformed(_))));
    }
}
