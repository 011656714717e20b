//! A JWK Set (RFC 7517, section 5), taken apart.

use bailiwick_proof::json;
use serde_json::{Map, Value};

use crate::unfetched::Unfetched;

/// The longest JWK Set, in bytes.
pub(crate) const MAX_BYTES: usize = 1024 * 1024;
/// The media types it is served with: RFC 7517, section 8.5, and what most servers say.
pub(crate) const MEDIA_TYPES: [&str; 2] = ["application/json", "application/jwk-set+json"];

const MAX_KEYS: usize = 100;
const MAX_KID_BYTES: usize = 256;
const MAX_KEY_BYTES: usize = 8 * 1024;
/// Certificates that go along with a key and are not looked at here; they make it long.
const CERTIFICATES: [&str; 4] = ["x5c", "x5t", "x5t#S256", "x5u"];

/// The members of a set, and of each of its keys.
pub(crate) struct Jwks {
    pub(crate) members: Map<String, Value>,
    pub(crate) keys: Vec<Map<String, Value>>,
}

impl Jwks {
    /// Reads a set of at most a hundred keys; no object in it may name a member twice.
    pub(crate) fn read(document: &[u8]) -> Result<Self, Unfetched> {
        let mut members =
            json::object(document).ok_or(Unfetched::Malformed("not a JSON object"))?;
        let Some(Value::Array(listed)) = members.remove("keys") else {
            return Err(Unfetched::Malformed("it has no list of keys"));
        };
        if listed.len() > MAX_KEYS {
            return Err(Unfetched::Malformed("it has more than 100 keys"));
        }
        let object = |key| match key {
            Value::Object(members) => Ok(members),
            _ => Err(Unfetched::Malformed("a key is not an object")),
        };
        let keys = listed.into_iter().map(object).collect::<Result<_, _>>()?;
        Ok(Self { members, keys })
    }
}

/// The text of a member.
pub(crate) fn text<'a>(key: &'a Map<String, Value>, name: &str) -> Option<&'a str> {
    key.get(name).and_then(Value::as_str)
}

/// The key's name, unless it has none or a longer one than anybody is asked for.
pub(crate) fn kid(key: &Map<String, Value>) -> Option<&str> {
    text(key, "kid").filter(|kid| kid.len() <= MAX_KID_BYTES)
}

/// The key alone, as JSON, unless it is longer than any key.
pub(crate) fn bare(mut key: Map<String, Value>) -> Option<String> {
    for name in CERTIFICATES {
        key.remove(name);
    }
    Some(Value::Object(key).to_string()).filter(|jwk| jwk.len() <= MAX_KEY_BYTES)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(document: &str, expected: Result<usize, Unfetched>) {
        assert_eq!(Jwks::read(document.as_bytes()).map(|it| it.keys.len()), expected, "{document}");
    }

    #[test]
    fn a_set_is_an_object_with_a_bounded_list_of_objects() {
        let of = |count| format!(r#"{{"keys":[{}]}}"#, vec!["{}"; count].join(","));
        check(r#"{"keys":[],"other":1}"#, Ok(0));
        check(&of(100), Ok(100));
        check(&of(101), Err(Unfetched::Malformed("it has more than 100 keys")));
        check("[]", Err(Unfetched::Malformed("not a JSON object")));
        check("{}", Err(Unfetched::Malformed("it has no list of keys")));
        check(r#"{"keys":{}}"#, Err(Unfetched::Malformed("it has no list of keys")));
        check(r#"{"keys":[1]}"#, Err(Unfetched::Malformed("a key is not an object")));
        let twice = r#"{"keys":[{"kid":"a","kid":"b"}]}"#;
        check(twice, Err(Unfetched::Malformed("not a JSON object")));
    }

    #[test]
    fn certificates_are_left_behind() {
        let document = br#"{"keys":[{"kid":"a","kty":"EC","x5c":["AA=="],"x5t":"b"}]}"#;
        let key = Jwks::read(document).unwrap().keys.remove(0);
        assert_eq!(kid(&key), Some("a"));
        assert_eq!(bare(key).as_deref(), Some(r#"{"kid":"a","kty":"EC"}"#));
    }

    #[test]
    fn a_key_that_is_longer_than_any_is_none() {
        let with = |bytes| Map::from_iter([("n".to_owned(), "A".repeat(bytes).into())]);
        assert!(bare(with(8 * 1024 - 8)).is_some());
        assert!(bare(with(8 * 1024 - 7)).is_none());
    }
}
