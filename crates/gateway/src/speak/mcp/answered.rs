//! What an answer brings, if a message is one.

use serde_json::{Map, Value};

use crate::speak::events::Unreadable;

/// The result of an answer; nothing of an error, or of what the server asks or says by itself. A
/// message that is both, or none, is kept back: nobody knows what its reader takes it for.
pub fn result(members: &mut Map<String, Value>) -> Result<Option<&mut Value>, Unreadable> {
    let is_other = members.contains_key("method") || members.contains_key("error");
    match (members.get_mut("result"), is_other) {
        (Some(result), false) => Ok(Some(result)),
        (None, true) => Ok(None),
        (Some(_), true) | (None, false) => Err(Unreadable),
    }
}
