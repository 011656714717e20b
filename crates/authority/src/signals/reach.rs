//! Whom a signal of a source reaches here: only what is the source's own.

use std::collections::BTreeSet;

use bailiwick_domain::credential::{Key, KeyState, Material};
use bailiwick_domain::id::{KeyId, PersonId};
use bailiwick_domain::spiffe::SpiffeId;
use bailiwick_proof::jwt::Rule;
use bailiwick_store::Tx;
use serde_json::{Map, Value};

use crate::fault::Fault;
use crate::signals::source::SignalSource;

/// The most identifiers that one subject consists of.
const MOST: usize = 16;

/// Who is meant.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Reach {
    /// People whom the source vouches for.
    pub(crate) people: BTreeSet<PersonId>,
    /// Credentials of agents that stand or fall with the source's word.
    pub(crate) keys: BTreeSet<KeyId>,
}

/// Finds them. A subject (RFC 9493) that is nobody's here or another issuer's reaches nobody, and
/// whoever sent it cannot tell which.
pub(crate) async fn find(
    tx: &mut Tx,
    source: &SignalSource,
    subject: &Map<String, Value>,
) -> Result<Reach, Fault> {
    let mut reach = Reach::default();
    for identifier in identifiers(subject) {
        let text = |name: &str| identifier.get(name).and_then(Value::as_str);
        match text("format") {
            Some("iss_sub") if text("iss") == Some(&source.issuer) => {
                let Some(subject) = text("sub") else { continue };
                let person = tx.people().find_subject(&source.issuer, subject).await?;
                reach.people.extend(person.map(|person| person.id));
                reach.keys.extend(by_rule(tx, source, subject).await?);
            }
            Some("email") => {
                let Some(email) = text("email") else { continue };
                let people = tx.people().find_email(&source.issuer, email).await?;
                reach.people.extend(people.into_iter().map(|person| person.id));
            }
            Some("uri") => {
                let Some(uri) = text("uri") else { continue };
                reach.keys.extend(by_spiffe(tx, source, uri).await?);
            }
            _ => {}
        }
    }
    Ok(reach)
}

/// The simple identifiers that a subject consists of: itself, the user of a complex one (SSF 1.0,
/// section 3.2), or each of several aliases (RFC 9493, section 3.2.8), one level deep.
fn identifiers(subject: &Map<String, Value>) -> Vec<&Map<String, Value>> {
    let found: Vec<&Map<String, Value>> = match subject.get("format").and_then(Value::as_str) {
        Some("complex") => subject.get("user").and_then(Value::as_object).into_iter().collect(),
        Some("aliases") => {
            let listed = subject.get("identifiers").and_then(Value::as_array);
            listed.into_iter().flatten().filter_map(Value::as_object).collect()
        }
        _ => vec![subject],
    };
    found.into_iter().take(MOST).collect()
}

/// The rules over the source's own tokens that are about this subject.
async fn by_rule(tx: &mut Tx, source: &SignalSource, subject: &str) -> Result<Vec<KeyId>, Fault> {
    let listed = tx.keys().list_claims().await?;
    let about = |key: &Key| match &key.material {
        Material::Claims(text) => Rule::parse(text)
            .is_ok_and(|rule| rule.issuer() == source.issuer && rule.is_about(subject)),
        _ => false,
    };
    Ok(listed.iter().filter(|key| about(key)).map(|key| key.id).collect())
}

/// The SPIFFE ID, where the source speaks for its trust domain.
async fn by_spiffe(tx: &mut Tx, source: &SignalSource, uri: &str) -> Result<Option<KeyId>, Fault> {
    let Ok(id) = SpiffeId::parse(uri) else { return Ok(None) };
    if source.trust_domain.as_deref() != Some(id.trust_domain()) {
        return Ok(None);
    }
    let found = tx.keys().find_thumbprint(&id.to_string()).await?;
    let meant =
        |key: &Key| matches!(key.material, Material::Spiffe) && key.state == KeyState::Active;
    Ok(found.filter(meant).map(|key| key.id))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn check(subject: &Value, expected: &[&str]) {
        let members = subject.as_object().unwrap();
        let found: Vec<_> =
            identifiers(members).iter().map(|it| it["format"].as_str().unwrap()).collect();
        assert_eq!(found, expected, "{subject}");
    }

    #[test]
    fn a_subject_is_one_identifier_its_user_or_its_aliases() {
        let email = json!({ "format": "email", "email": "a@b" });
        let user = json!({ "format": "iss_sub", "iss": "a", "sub": "b" });
        check(&email, &["email"]);
        check(&json!({ "format": "complex", "user": user, "device": email }), &["iss_sub"]);
        check(&json!({ "format": "complex", "device": email }), &[]);
        check(
            &json!({ "format": "aliases", "identifiers": [email, user, 1] }),
            &["email", "iss_sub"],
        );
        let many = json!({ "format": "aliases", "identifiers": vec![email; 99] });
        check(&many, &["email"; MOST]);
    }
}
