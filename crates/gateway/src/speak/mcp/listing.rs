//! What a server tells of what it offers, cut to what the agent may call and to what was accepted:
//! in the answer to a list, and in whatever else a stream brings. An answer that cannot be read is
//! kept back.

use std::sync::Arc;

use bailiwick_contract::catalog::{self, Filtered, List};
use bailiwick_proof::json;
use serde_json::{Value, json};

use super::masking::may_be_labelled;
use super::refusal::INTERNAL_ERROR;
use super::visible::Visible;
use super::{answered, tasks};
use crate::routes::Routed;
use crate::speak::events::Unreadable;

/// Cuts what one answer tells.
pub struct Listing {
    routed: Arc<Routed>,
    visible: Visible,
    asked: Option<List>,
    guards: bool,
}

/// What a client is told instead of an answer whose call is not known.
const KEPT_BACK: &str = "The answer has fields that may be kept back from this agent, and comes \
    without its call. Make the call again.";

impl Listing {
    /// For the answer to a list, or for a stream when no list was asked for.
    pub fn new(routed: Arc<Routed>, visible: Visible, asked: Option<List>) -> Self {
        Self { routed, visible, asked, guards: false }
    }

    /// For the stream that a session listens to. There a server may say once more what it answered
    /// to a call (MCP 2025-11-25, Streamable HTTP, Resumability and Redelivery), of which nobody
    /// knows here what of it is labelled: where anything of the API is, that is kept back.
    #[must_use]
    pub fn of_stream(self) -> Self {
        Self { guards: self.routed.service.is_labelled(), ..self }
    }

    /// The message as it may go on, if that is not as it came.
    pub fn cut(&self, message: &str) -> Result<Option<String>, Unreadable> {
        let mut members = json::object(message.as_bytes()).ok_or(Unreadable)?;
        let id = members.get("id").cloned();
        let Some(result) = answered::result(&mut members)? else { return Ok(None) };
        if self.guards && result.as_object().is_none_or(may_be_labelled) {
            let error = json!({"code": INTERNAL_ERROR, "message": KEPT_BACK});
            return Ok(Some(json!({"jsonrpc": "2.0", "id": id, "error": error}).to_string()));
        }
        let lists: Vec<List> = match self.asked {
            Some(list) => vec![list],
            None => List::ALL.into_iter().filter(|it| result.get(it.member()).is_some()).collect(),
        };
        let withheld = catalog::withhold_instructions(result, &self.routed.service);
        let of_no_task = tasks::withhold(result);
        if lists.is_empty() && !withheld && !of_no_task {
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
