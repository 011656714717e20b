//! Those who act, as a claim (RFC 8693, section 4.1): each names the one who acted before it.

use bailiwick_domain::denial::Denial;
use serde_json::{Value, json};

use super::claims::unreadable;

/// The most actors that a token may name.
const MOST: usize = 16;

/// The claim: the first is outermost. None when nobody acts for anybody.
pub(super) fn to_claim(subjects: &[String]) -> Option<Value> {
    subjects.iter().rev().fold(None, |before, subject| {
        Some(match before {
            None => json!({ "sub": subject }),
            Some(before) => json!({ "sub": subject, "act": before }),
        })
    })
}

/// The subjects, the outermost first.
pub(super) fn read(claim: &Value) -> Result<Vec<String>, Denial> {
    let mut subjects = Vec::new();
    let mut next = Some(claim);
    while let Some(actor) = next {
        if subjects.len() == MOST {
            return Err(unreadable("act"));
        }
        subjects.push(subject(actor).ok_or(unreadable("act"))?);
        next = actor.get("act");
    }
    Ok(subjects)
}

/// The one that `may_act` names.
pub(super) fn read_one(claim: &Value) -> Result<String, Denial> {
    subject(claim).ok_or(unreadable("may_act"))
}

fn subject(actor: &Value) -> Option<String> {
    actor.get("sub").and_then(Value::as_str).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_present_actor_is_outermost() {
        let subjects = ["b".to_owned(), "a".to_owned()];
        let claim = to_claim(&subjects).unwrap();
        assert_eq!(claim, json!({ "sub": "b", "act": { "sub": "a" } }));
        assert_eq!(read(&claim).unwrap(), subjects);
        assert_eq!(to_claim(&[]), None);
    }

    #[test]
    fn what_names_nobody_or_goes_too_deep_is_refused() {
        for claim in [json!("a"), json!({}), json!({ "sub": 1 }), json!({ "sub": "a", "act": {} })]
        {
            assert!(read(&claim).is_err(), "{claim}");
        }
        let deep = (0..=MOST).fold(json!({ "sub": "a" }), |it, _| json!({ "sub": "a", "act": it }));
        assert!(read(&deep).is_err());
    }
}
