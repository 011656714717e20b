//! Where a claim is: JSON Pointer (RFC 6901), through objects only. A pointer into a list would say
//! which element comes first, and no issuer promises that.

use serde_json::{Map, Value};

/// The longest pointer, in bytes.
const MAX_BYTES: usize = 256;
/// How deep a pointer may reach.
const MAX_DEPTH: usize = 8;

/// The names that lead to a claim.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Pointer(Vec<Box<str>>);

impl Pointer {
    /// Reads a pointer: each name after a `/`, in which `~1` stands for `/` and `~0` for `~`
    /// (RFC 6901, sections 3 and 4). Every place has one spelling.
    pub(super) fn parse(text: &str) -> Option<Self> {
        if text.len() > MAX_BYTES {
            return None;
        }
        let names: Option<Vec<_>> = text.strip_prefix('/')?.split('/').map(unescape).collect();
        names.filter(|names| names.len() <= MAX_DEPTH).map(Self)
    }

    /// What is there.
    pub(super) fn find<'c>(&self, claims: &'c Map<String, Value>) -> Option<&'c Value> {
        let (first, rest) = self.0.split_first()?;
        let begin = claims.get(&**first)?;
        rest.iter().try_fold(begin, |value, name| value.as_object()?.get(&**name))
    }

    /// The name of the claim, where it is not within another.
    pub(super) fn top(&self) -> Option<&str> {
        match self.0.as_slice() {
            [only] => Some(only),
            _ => None,
        }
    }
}

fn unescape(name: &str) -> Option<Box<str>> {
    let mut parts = name.split('~');
    let mut plain = parts.next()?.to_owned();
    for part in parts {
        let mut characters = part.chars();
        plain.push(match characters.next()? {
            '0' => '~',
            '1' => '/',
            _ => return None,
        });
        plain.push_str(characters.as_str());
    }
    Some(plain.into())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn check(pointer: &str, expected: Option<&str>) {
        let Value::Object(claims) = json!({
            "foo": ["bar"], "": "empty", "a/b": "slash", "m~n": "tilde", "~1": "both", " ": "space",
            "kubernetes.io": {"namespace": "billing", "serviceaccount": {"name": "refunds"}},
        }) else {
            return;
        };
        let found = Pointer::parse(pointer).and_then(|it| it.find(&claims)?.as_str());
        assert_eq!(found, expected, "{pointer}");
    }

    #[test]
    fn a_pointer_leads_to_a_claim_through_objects() {
        check("/", Some("empty"));
        check("/a~1b", Some("slash"));
        check("/m~0n", Some("tilde"));
        check("/~01", Some("both"));
        check("/ ", Some("space"));
        check("/kubernetes.io/namespace", Some("billing"));
        check("/kubernetes.io/serviceaccount/name", Some("refunds"));
        check("/kubernetes.io/serviceaccount/name/x", None);
        check("/foo/0", None);
        check("/a/b", None);
        check("/nothing", None);
    }

    #[test]
    fn a_pointer_has_one_spelling_and_an_end() {
        for text in ["", "foo", "/~", "/~2", "/a~", "#/foo", " /foo"] {
            assert_eq!(Pointer::parse(text), None, "{text}");
        }
        assert!(Pointer::parse(&"/a".repeat(8)).is_some());
        assert_eq!(Pointer::parse(&"/a".repeat(9)), None);
        assert_eq!(Pointer::parse(&format!("/{}", "a".repeat(256))), None);
    }
}
