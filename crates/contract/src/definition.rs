//! What a server says of a tool, a resource or a prompt, or an agent of a skill: all of it, since a
//! model reads all of it.

use serde_json::{Map, Value};

/// Where a definition says what it is to the gateway, within `_meta`.
pub(crate) const OF_GATEWAY: &str = "bailiwick";
/// What `_meta` is called.
pub(crate) const META: &str = "_meta";

/// A definition without what it says to the gateway, and without what tells of the content of a
/// resource and not of the resource: `size` and `annotations.lastModified`.
#[derive(Debug, Clone)]
pub(crate) struct Definition(Value);

impl Definition {
    /// Of an entry of a catalog or of a server's list.
    pub(crate) fn of(entry: &Value) -> Self {
        let mut kept = entry.clone();
        if let Some(members) = kept.as_object_mut() {
            if members.contains_key("uri") {
                members.remove("size");
                leave_out(members, "annotations", "lastModified");
            }
            leave_out(members, META, OF_GATEWAY);
        }
        Self(kept)
    }

    /// Of a skill of a card.
    pub(crate) fn of_skill(skill: &Value) -> Self {
        Self(skill.clone())
    }

    /// Its members.
    pub(crate) fn members(&self) -> Map<String, Value> {
        self.0.as_object().cloned().unwrap_or_default()
    }

    pub(crate) fn value(&self) -> &Value {
        &self.0
    }

    /// Whether a server's entry says the same, in whichever order.
    pub(crate) fn is(&self, entry: &Value) -> bool {
        same(&self.0, &Self::of(entry).0)
    }
}

/// Leaves a member of a member out, and the member if nothing else is in it.
fn leave_out(members: &mut Map<String, Value>, holder: &str, name: &str) {
    let Some(held) = members.get_mut(holder).and_then(Value::as_object_mut) else { return };
    if held.remove(name).is_some() && held.is_empty() {
        members.remove(holder);
    }
}

/// Whether two values have the same canonical form (RFC 8785): members in any order, and numbers by
/// their value. Whole numbers are compared as such, however large.
pub(crate) fn same(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Object(one), Value::Object(other)) => {
            let held = |(name, value): (&String, &Value)| {
                other.get(name).is_some_and(|other| same(value, other))
            };
            one.len() == other.len() && one.iter().all(held)
        }
        (Value::Array(one), Value::Array(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(one, other)| same(one, other))
        }
        (Value::Number(one), Value::Number(other)) if one.is_f64() || other.is_f64() => {
            let (one, other) = (one.as_f64(), other.as_f64());
            one.zip(other).is_some_and(|(one, other)| one.total_cmp(&other).is_eq())
        }
        _ => one == other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn check(accepted: &Value, listed: &str, expected: bool) {
        let listed: Value = serde_json::from_str(listed).unwrap();
        assert_eq!(Definition::of(accepted).is(&listed), expected, "{accepted} {listed}");
    }

    #[test]
    fn a_definition_is_the_same_in_any_order_and_spelling() {
        let tool = json!({"name": "a", "inputSchema": {"type": "object", "maximum": 1},
            "_meta": {"bailiwick": {"scopes": []}}});
        for (listed, expected) in [
            (r#"{"inputSchema":{"maximum":1.0,"type":"object"},"name":"a"}"#, true),
            (r#"{"inputSchema":{"maximum":1,"type":"object"},"n\u0061me":"a"}"#, true),
            (r#"{"inputSchema":{"maximum":1,"type":"object"},"name":"a","_meta":{}}"#, false),
            (r#"{"inputSchema":{"maximum":1,"type":"object"},"name":"a","title":""}"#, false),
            (r#"{"inputSchema":{"maximum":2,"type":"object"},"name":"a"}"#, false),
            (r#"{"inputSchema":{"maximum":1,"type":"object"},"name":"b"}"#, false),
            (r#"{"name":"a"}"#, false),
            ("[]", false),
        ] {
            check(&tool, listed, expected);
        }
        let large = json!({"name": "a", "most": 9_007_199_254_740_993_u64});
        check(&large, r#"{"name":"a","most":9007199254740993}"#, true);
        check(&large, r#"{"name":"a","most":9007199254740992}"#, false);
        check(&json!({"enum": ["a", "b"]}), r#"{"enum":["b","a"]}"#, false);
    }

    #[test]
    fn the_content_of_a_resource_may_change() {
        let resource = json!({"uri": "x:1", "size": 7, "annotations": {"lastModified": "a"}});
        check(&resource, r#"{"uri":"x:1","size":8}"#, true);
        check(&resource, r#"{"uri":"x:1","annotations":{"lastModified":"b"}}"#, true);
        check(&resource, r#"{"uri":"x:1","annotations":{"priority":1}}"#, false);
        check(&json!({"name": "a", "size": 7}), r#"{"name":"a","size":8}"#, false);
    }
}
