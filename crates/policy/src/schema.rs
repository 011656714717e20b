//! What policies may speak of: the shipped schema, and what Cedar's validator cannot check.

use bailiwick_domain::agent::Kind;
use cedar_policy::{Policy, Schema};

/// The text of the schema.
pub(crate) const TEXT: &str = include_str!("../schema.cedarschema");

/// The schema, read; or why it cannot be, which a test holds against the file.
pub(crate) fn read() -> Result<Schema, String> {
    match Schema::from_cedarschema_str(TEXT) {
        Ok((schema, _)) => Ok(schema),
        Err(error) => Err(error.to_string()),
    }
}

/// An entity that a policy names and that can never be: kinds of agents cannot be an enumeration to
/// Cedar, for agents are in them.
pub(crate) fn impossible(policy: &Policy) -> Option<String> {
    let named = policy.entity_literals();
    let kinds = named.iter().filter(|uid| uid.type_name().basename() == "Kind");
    let mut unknown = kinds.filter(|uid| uid.id().unescaped().parse::<Kind>().is_err());
    let uid = unknown.next()?;
    Some(format!("`{uid}` is no kind of agent: there are copilot and autonomous"))
}
