//! A message of MCP that is forwarded: its session goes to the server under the server's own name
//! for it, and comes back under the gateway's; what the answer tells is cut, and what of it is
//! labelled masked.

use std::sync::Arc;

use bytes::Bytes;
use http::response::Parts;
use http::{HeaderMap, HeaderValue};

use super::altered;
use crate::check::operation::Wanted;
use crate::core::Core;
use crate::permit::Permit;
use crate::speak::a2a::extended::Extended;
use crate::speak::events::Unreadable;
use crate::speak::mcp::heard::Call;
use crate::speak::mcp::housekeeping::STREAM;
use crate::speak::mcp::listing::Listing;
use crate::speak::mcp::masking::Masking;
use crate::speak::mcp::session::{SESSION_ID, Session};
use crate::speak::relay::{Edit, Relay};

/// What is done to the answer to a request of A2A: a card in it is held against the one accepted,
/// and a stream is kept alive.
pub(super) fn begin_a2a(
    permit: &Permit,
    (parts, empty): (&mut Parts, bool),
    core: &Core,
) -> Result<Option<Relay>, Unreadable> {
    let wanted = permit.wanted();
    let heard = wanted.heard().and_then(|heard| heard.a2a());
    let Some(heard) = heard.filter(|_| !wanted.api().api.mode.observes()) else { return Ok(None) };
    let asks_for_card = heard.call.as_ref().is_some_and(|call| call.card);
    let binding = heard.binding.filter(|_| asks_for_card);
    let issuer = &core.settings.issuer;
    let card = |binding| Extended::of(Arc::clone(wanted.shared_api()), binding, issuer);
    Relay::begin(binding.map(card).map(Edit::Card), parts, empty)
}

/// A message that is forwarded, and its answer.
#[derive(Clone, Copy)]
pub(super) struct Speaking<'a> {
    permit: &'a Permit,
    call: &'a Call,
}

impl<'a> Speaking<'a> {
    /// Of a request that was admitted to an API that speaks MCP, unless that is only observed:
    /// nothing of it is then changed.
    pub(super) fn of(permit: &'a Permit) -> Option<Self> {
        let wanted: &Wanted = permit.wanted();
        let call = wanted.call().filter(|_| !wanted.api().api.mode.observes())?;
        Some(Self { permit, call })
    }

    /// The message as the server is to see it, where it is not what the client sent.
    pub(super) fn rewritten(&self) -> Option<Bytes> {
        self.call.rewritten.clone()
    }

    /// Makes the client's fields the server's.
    pub(super) fn ask(&self, headers: &mut HeaderMap) {
        headers.remove(SESSION_ID);
        if let Some((_, session)) = &self.call.session
            && let Ok(id) = HeaderValue::from_str(session.id())
        {
            headers.insert(SESSION_ID, id);
        }
        if self.call.rewritten.is_some() {
            altered::forget_bytes(headers);
        }
        altered::ask_for_plain(headers);
    }

    /// Makes the server's answer the client's.
    pub(super) fn begin(
        &self,
        (parts, empty): (&mut Parts, bool),
        core: &Core,
    ) -> Result<Option<Relay>, Unreadable> {
        self.hand_out(&mut parts.headers, core)?;
        let edit = if self.call.tells {
            Some(Edit::Cut(self.listing()))
        } else {
            self.masking().map(Edit::Mask)
        };
        Relay::begin(edit, parts, empty)
    }

    fn listing(&self) -> Listing {
        let wanted = self.permit.wanted();
        let visible = self.call.visible.get().cloned().unwrap_or_default();
        let listing = Listing::new(Arc::clone(wanted.shared_api()), visible, self.call.list);
        if wanted.operation().method == STREAM { listing.of_stream() } else { listing }
    }

    /// Of a call whose answer has labels.
    fn masking(&self) -> Option<Masking> {
        let (wanted, permit) = (self.permit.wanted(), self.permit);
        let operation = wanted.operation();
        let mask = &wanted.api().service.bound(operation)?.mask;
        let clears = |label: &str| permit.clears(label);
        (!mask.is_empty()).then(|| Masking::new(mask, &operation.method, clears))
    }

    /// The name of the session, as the client gets it.
    fn hand_out(&self, headers: &mut HeaderMap, core: &Core) -> Result<(), Unreadable> {
        let Some(given) = headers.remove(SESSION_ID) else { return Ok(()) };
        if self.call.revision.is_stateless() {
            return Ok(());
        }
        let given = given.to_str().map_err(|_| Unreadable)?;
        let known = self.call.session.as_ref();
        let name = match known.filter(|(_, session)| session.id() == given) {
            Some((name, _)) => name.clone(),
            None => self.name(given, core)?,
        };
        headers.insert(SESSION_ID, HeaderValue::from_str(&name).map_err(|_| Unreadable)?);
        Ok(())
    }

    fn name(&self, given: &str, core: &Core) -> Result<String, Unreadable> {
        let before = self.call.session.as_ref().is_some_and(|(_, session)| session.elicits());
        let elicits = before || self.call.begins_eliciting;
        let owner = self.permit.actor().owner();
        let session = Session::begun(given, owner, elicits).ok_or(Unreadable)?;
        let api = &self.permit.wanted().api().api.name;
        session.seal(api, &core.sealer, &core.entropy).map_err(|fault| {
            tracing::error!(%fault, "a session cannot be sealed, and its answer is kept back");
            Unreadable
        })
    }
}
