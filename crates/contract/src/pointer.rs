//! JSON pointers (RFC 6901) and the references of a document to itself.

use serde_json::Value;

use crate::percent;
use crate::unread::{Unread, shorten};

/// The most references in a row.
const MAX_HOPS: usize = 32;
/// The most bytes of a reference that are shown.
const SHOWN_BYTES: usize = 120;

/// The pointer to a member of what `base` points to.
pub(crate) fn join(base: &str, member: &str) -> String {
    if member.contains(['~', '/']) {
        format!("{base}/{}", member.replace('~', "~0").replace('/', "~1"))
    } else {
        format!("{base}/{member}")
    }
}

/// What a reference of the document to itself points to, and where that stands.
pub(crate) fn resolve<'a>(
    root: &'a Value,
    reference: &str,
    at: &str,
) -> Result<(&'a Value, String), Unread> {
    let shown = || shorten(reference, SHOWN_BYTES);
    let Some(fragment) = reference.strip_prefix('#') else {
        let reason = format!("refers to `{}`, outside of the document", shown());
        return Err(Unread::new(at, reason));
    };
    let pointer = percent::decode(fragment).filter(|it| it.starts_with('/'));
    let found = pointer.and_then(|pointer| Some((root.pointer(&pointer)?, pointer)));
    found.ok_or_else(|| Unread::new(at, format!("refers to `{}`, which is not there", shown())))
}

/// Follows references until there is none: for whatever is no schema.
pub(crate) fn follow<'a>(
    root: &'a Value,
    value: &'a Value,
    at: &str,
) -> Result<(&'a Value, String), Unread> {
    let (mut value, mut place) = (value, at.to_owned());
    for _ in 0..MAX_HOPS {
        let Some(reference) = value.get("$ref") else { return Ok((value, place)) };
        let reference = reference
            .as_str()
            .ok_or_else(|| Unread::new(&place, "has a `$ref` that is no text"))?;
        (value, place) = resolve(root, reference, &place)?;
    }
    Err(Unread::new(at, "refers in a circle"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn only_what_is_in_the_document_is_reached() {
        let root = json!({"a": {"b/c": {"x~y": 7}}, "r": {"$ref": "#/a"}, "o": {"$ref": "#/o"}});
        for reference in ["#/a/b~1c/x~0y", "#/a/b~1c/x%7E0y"] {
            assert_eq!(resolve(&root, reference, "").unwrap().0, &json!(7), "{reference}");
        }
        for reference in ["", "other.yaml", "http://x/#/a", "#a", "#/a/x", "#/a%", "file:///etc/x"]
        {
            assert!(resolve(&root, reference, "/here").is_err(), "{reference}");
        }
        let (found, place) = follow(&root, &root["r"], "/r").unwrap();
        assert_eq!((found, place.as_str()), (&root["a"], "/a"));
        assert!(follow(&root, &root["o"], "/o").is_err());
        assert_eq!(join("/paths", "/a/{b}~"), "/paths/~1a~1{b}~0");
    }
}
