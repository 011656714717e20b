//! Authorization details as JSON (RFC 9396, section 2). One type is known, `operation`:
//! `{"type": "operation", "locations": [RESOURCE…], "actions": ["POST /v1/refunds"…],
//! "identifier": "/v1/orders/7"}`. Each action may be called at each location; with `identifier`,
//! on that path only. Anything else in it, or another type, is refused.

use std::collections::BTreeMap;

use bailiwick_domain::details::{Detail, Details, MOST_DETAILS, NotDetails};
use serde_json::{Map, Value, json};

/// The type that is known.
pub const TYPE: &str = "operation";

/// Reads a JSON array of details; an empty one cannot be meant.
pub fn read(claim: &Value) -> Result<Details, NotDetails> {
    let listed = claim.as_array().filter(|listed| !listed.is_empty());
    let mut details = Vec::new();
    for one in listed.ok_or(NotDetails::Unreadable)? {
        take(one.as_object().ok_or(NotDetails::Unreadable)?, &mut details)?;
    }
    Details::new(details)
}

fn take(one: &Map<String, Value>, details: &mut Vec<Detail>) -> Result<(), NotDetails> {
    let known = ["type", "locations", "actions", "identifier"];
    if one.get("type").and_then(Value::as_str) != Some(TYPE)
        || one.keys().any(|name| !known.contains(&name.as_str()))
    {
        return Err(NotDetails::Unreadable);
    }
    let identifier = match one.get("identifier") {
        None => None,
        Some(path) => Some(path.as_str().ok_or(NotDetails::Unreadable)?),
    };
    for location in texts(one.get("locations"))? {
        for action in texts(one.get("actions"))? {
            if details.len() == MOST_DETAILS {
                return Err(NotDetails::TooMany);
            }
            let (method, template) = action.split_once(' ').ok_or(NotDetails::Unreadable)?;
            details.push(Detail::new(location, method, template, identifier)?);
        }
    }
    Ok(())
}

fn texts(value: Option<&Value>) -> Result<Vec<&str>, NotDetails> {
    let listed = value.and_then(Value::as_array).filter(|listed| !listed.is_empty());
    let texts = listed.ok_or(NotDetails::Unreadable)?.iter().map(Value::as_str);
    texts.collect::<Option<_>>().ok_or(NotDetails::Unreadable)
}

/// The details as a JSON array, those of one API and path together.
pub fn to_claim(details: &Details) -> Value {
    let mut together: BTreeMap<(&str, Option<&str>), Vec<String>> = BTreeMap::new();
    for detail in details.iter() {
        let action = format!("{} {}", detail.method(), detail.template());
        together.entry((detail.resource(), detail.path())).or_default().push(action);
    }
    let written = together.into_iter().map(|((location, path), actions)| {
        let mut one = json!({ "type": TYPE, "locations": [location], "actions": actions });
        if let (Some(path), Some(members)) = (path, one.as_object_mut()) {
            members.insert("identifier".to_owned(), path.into());
        }
        one
    });
    written.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn details_are_read_and_written_alike() {
        let claim = json!([
            { "type": "operation", "locations": ["http://a"], "actions": ["GET /x", "PUT /x/{n}"] },
            { "type": "operation", "locations": ["http://a"], "actions": ["GET /y/{id}"],
              "identifier": "/y/7" },
        ]);
        let details = read(&claim).unwrap();
        assert!(details.allow("http://a", ("GET", "/y/{id}"), "/y/7"));
        assert!(!details.allow("http://a", ("GET", "/y/{id}"), "/y/8"));
        assert!(!details.allow("http://b", ("GET", "/x"), "/x"));
        assert_eq!(read(&to_claim(&details)).unwrap(), details);
    }

    #[test]
    fn what_is_unknown_or_says_nothing_is_refused() {
        let good = json!({ "type": "operation", "locations": ["http://a"], "actions": ["GET /x"] });
        assert!(read(&json!([good])).is_ok());
        for (member, value) in [
            ("type", json!("payment")),
            ("type", Value::Null),
            ("locations", json!([])),
            ("locations", json!("http://a")),
            ("actions", json!([])),
            ("actions", json!(["GET"])),
            ("actions", json!([1])),
            ("identifier", json!(7)),
            ("identifier", json!("y")),
            ("amount", json!(100)),
        ] {
            let mut bad = good.clone();
            bad[member] = value;
            assert!(read(&json!([bad])).is_err(), "{bad}");
        }
        assert!(read(&json!([])).is_err());
        assert!(read(&good).is_err());
        let many: Vec<_> = (0..=MOST_DETAILS).map(|it| format!("GET /{it}")).collect();
        let many = json!([{ "type": "operation", "locations": ["http://a"], "actions": many }]);
        assert_eq!(read(&many), Err(NotDetails::TooMany));
    }
}
