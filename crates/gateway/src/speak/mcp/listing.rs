//! What a server tells of what it offers, cut to what the agent may call and to what was accepted:
//! in the answer to a list, and in whatever else a stream brings. An answer that cannot be read is
//! kept back.

use std::sync::Arc;

use bailiwick_contract::catalog::{self, Filtered, List};
use bailiwick_proof::json;
use serde_json::Value;

use super::events::Unreadable;
use super::visible::Visible;
use crate::routes::Routed;

/// Cuts what one answer tells.
pub struct Listing {
    routed: Arc<Routed>,
    visible: Visible,
    asked: Option<List>,
}

impl Listing {
    /// For the answer to a list, or for a stream when no list was asked for.
    pub fn new(routed: Arc<Routed>, visible: Visible, asked: Option<List>) -> Self {
        Self { routed, visible, asked }
    }

    /// The message as it may go on, if that is not as it came.
    pub fn cut(&self, message: &str) -> Result<Option<String>, Unreadable> {
        let mut members = json::object(message.as_bytes()).ok_or(Unreadable)?;
        let is_other = members.contains_key("method") || members.contains_key("error");
        let result = match (members.get_mut("result"), is_other) {
            (Some(result), false) => result,
            (None, true) => return Ok(None),
            // Nobody knows what its reader takes it for.
            (Some(_), true) | (None, false) => return Err(Unreadable),
        };
        let lists: Vec<List> = match self.asked {
            Some(list) => vec![list],
            None => List::ALL.into_iter().filter(|it| result.get(it.member()).is_some()).collect(),
        };
        let withheld = catalog::withhold_instructions(result, &self.routed.service);
        if lists.is_empty() && !withheld {
            return Ok(None);
        }
        for list in lists {
            if !result.get(list.member()).is_some_and(Value::is_array) {
                return Err(Unreadable);
            }
            let allows = |name: &str| self.visible.shows(list, name);
            let filtered = list.filter(result, &allows, &self.routed.service);
            self.report(list.member(), &filtered);
        }
        if withheld {
            self.report("instructions", &Filtered::default());
        }
        Ok(Some(Value::Object(members).to_string()))
    }

    fn report(&self, what: &str, filtered: &Filtered) {
        let (api, changed) = (&self.routed.api.name, &filtered.changed);
        if what == "instructions" || !changed.is_empty() {
            tracing::warn!(
                %api, what, ?changed,
                "what the server says is not what was accepted, and is left out"
            );
        }
    }
}
