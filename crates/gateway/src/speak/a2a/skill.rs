//! How a message says which skill it is for. The protocol leaves that to whoever reads it; where
//! the gateway is to decide about it, the message says so, as an extension of the protocol
//! (A2A 1.0, section 4.6): `metadata` of the message has the skill's id under the extension's URI.

use serde_json::{Map, Value, json};

/// The extension, and the name in a message's `metadata`.
pub const EXTENSION: &str = "urn:bailiwick:a2a:skill";

/// What a message says of the skill that it is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Named<'a> {
    /// Nothing.
    No,
    /// This one.
    Skill(&'a str),
    /// Something that is no id.
    Unreadable,
}

/// Reads it of a message.
pub fn named(message: &Map<String, Value>) -> Named<'_> {
    let metadata = match message.get("metadata") {
        None | Some(Value::Null) => return Named::No,
        Some(Value::Object(members)) => members,
        Some(_) => return Named::Unreadable,
    };
    match metadata.get(EXTENSION) {
        None => Named::No,
        Some(Value::String(id)) => Named::Skill(id),
        Some(_) => Named::Unreadable,
    }
}

/// How a card tells of it.
pub fn extension() -> Value {
    json!({
        "uri": EXTENSION,
        "description": "A message says in its metadata, under this URI, the id of the skill that \
                        it is for. One that says nothing is taken from who may use every skill.",
        "required": false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_skill_is_named_in_the_metadata_of_a_message() {
        let check = |message: Value, expected: Named<'_>| {
            assert_eq!(named(message.as_object().unwrap()), expected, "{message}");
        };
        check(json!({"metadata": {EXTENSION: "refund"}}), Named::Skill("refund"));
        check(json!({"metadata": {EXTENSION: ""}}), Named::Skill(""));
        check(json!({}), Named::No);
        check(json!({"metadata": null}), Named::No);
        check(json!({"metadata": {"skill": "refund"}}), Named::No);
        check(json!({"metadata": {EXTENSION: null}}), Named::Unreadable);
        check(json!({"metadata": {EXTENSION: ["refund"]}}), Named::Unreadable);
        check(json!({"metadata": "refund"}), Named::Unreadable);
    }
}
