//! The card that an agent tells who has identified itself, with more in it (A2A 1.0, section
//! 3.1.11).
//!
//! It is told by the agent behind the gateway, so it is held against the card that was accepted: it
//! offers nothing else, and is signed by a pinned key where keys are pinned. One that is not signed
//! says, like the other, where the agent is found here. One that does not hold is kept back.

use std::sync::Arc;

use bailiwick_contract::card::{Binding, Card};
use bailiwick_proof::{card_signature, json};
use serde_json::Value;

use crate::routes::Routed;
use crate::speak::events::Unreadable;
use crate::speak::verbatim;

/// An answer that brings a card.
pub struct Extended {
    routed: Arc<Routed>,
    binding: Binding,
    issuer: String,
}

impl Extended {
    /// Of this API, asked by this binding.
    pub fn of(routed: Arc<Routed>, binding: Binding, issuer: &str) -> Self {
        Self { routed, binding, issuer: issuer.to_owned() }
    }

    /// The answer as it may go on, if that is not as it came.
    pub fn check(&self, message: &str) -> Result<Option<String>, Unreadable> {
        let members = json::object(message.as_bytes()).ok_or(Unreadable)?;
        let text = match self.binding {
            Binding::JsonRpc => match (members.get("result"), members.get("error")) {
                (None, Some(_)) => return Ok(None),
                (Some(Value::Object(_)), None) => verbatim::member(message, "result"),
                // Nobody knows what its reader takes it for.
                _ => None,
            },
            _ => Some(message),
        };
        let card = text.and_then(|text| Card::read(text.as_bytes()).ok()).ok_or(Unreadable)?;
        self.hold(&card)?;
        if card.signed {
            return Ok(None);
        }
        let remote = self.routed.remote.as_deref().ok_or(Unreadable)?;
        let published = remote.publish((&self.routed.api, &card), &self.issuer);
        let published = published.ok_or(Unreadable)?;
        let told = std::str::from_utf8(&published.body).map_err(|_| Unreadable)?;
        Ok(Some(match self.binding {
            Binding::JsonRpc => verbatim::replace(message, "result", told),
            _ => told.to_owned(),
        }))
    }

    fn hold(&self, card: &Card) -> Result<(), Unreadable> {
        let (api, accepted) = (&self.routed.api.name, self.routed.service.card());
        let keys = self.routed.card_keys.as_deref();
        let signed = card_signature::check(keys, &card.canonical(), card.signatures());
        if let Err(error) = signed {
            tracing::warn!(%api, %error, "an agent's card is kept back");
            return Err(Unreadable);
        }
        let accepted = accepted.ok_or(Unreadable)?;
        accepted.stands_for(card).map_err(|others| {
            tracing::warn!(
                %api, ?others,
                "an agent's card offers what was not accepted, and is kept back"
            );
            Unreadable
        })
    }
}
