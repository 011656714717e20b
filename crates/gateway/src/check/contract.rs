//! The request fits what the operation describes: its parameters, and its body where that is JSON.
//!
//! It comes after the scopes, so that who may not call an operation learns nothing of its form, and
//! before anything is counted. Only a body that is described as JSON is read whole; of a message of
//! MCP, which was read to know what it asks for, the arguments are held against the tool's schema.

use bailiwick_contract::contract::{Payload, Request, Violation};
use bailiwick_contract::service::Bound;
use bailiwick_domain::api::Enforcement;
use bailiwick_domain::decision::Outcome;
use bailiwick_domain::denial::Denial;
use bailiwick_ledger::entry::WouldBe;
use http::HeaderValue;
use http::header::{CONTENT_LENGTH, CONTENT_TYPE};

use super::operation::Wanted;
use super::scope::Entitled;
use crate::asked::Asked;
use crate::asked::payload::HELD_BYTES;
use crate::core::Gate;

/// Says that the request is one that the operation describes.
#[derive(Debug)]
pub struct Fitting(());

/// Checks the request against the operation's contract, where there is one; of an API that is only
/// observed, what does not fit is let through, and its record says what it would have been.
pub async fn check(
    wanted: &Wanted,
    _: Entitled,
    asked: &Asked,
    gate: &Gate<'_>,
) -> Result<Fitting, Denial> {
    let enforcement = wanted.api().api.contract;
    let bound = wanted.api().service.bound(wanted.operation());
    let Some(bound) = bound.filter(|_| enforcement != Enforcement::Off) else {
        return Ok(Fitting(()));
    };
    let Err(Violation { pointer, reason }) = judge(bound, wanted, asked, gate).await? else {
        return Ok(Fitting(()));
    };
    if enforcement == Enforcement::Enforce {
        return Err(Denial::ContractViolated { pointer, reason });
    }
    let code = "contract_violated";
    asked.facts.note(|known| {
        known.would_be = Some(WouldBe { outcome: Outcome::Denied, code });
    });
    let (api, operation) = (&*wanted.api().api.name, wanted.operation());
    tracing::warn!(
        id = %asked.arrival.id, api, %operation, pointer, reason,
        "a request does not fit its contract; it is only observed"
    );
    Ok(Fitting(()))
}

async fn judge(
    bound: &Bound,
    wanted: &Wanted,
    asked: &Asked,
    gate: &Gate<'_>,
) -> Result<Result<(), Violation>, Denial> {
    if wanted.heard().is_some() {
        let content = wanted.call().and_then(|call| call.content.as_ref());
        let checked = content.map(|it| bound.contract.check_arguments(&it.arguments));
        return Ok(checked.unwrap_or(Ok(())));
    }
    let headers = asked.headers();
    let content_type = headers.get(CONTENT_TYPE).map(HeaderValue::as_bytes);
    let observed = wanted.api().api.contract == Enforcement::Observe;
    let reads = !asked.payload.is_empty()
        && bound.contract.reads(content_type)
        && !(observed && is_too_large(asked));
    let body =
        if reads { Some(asked.payload.hold(gate.core.settings.bounds.idle).await?) } else { None };
    let payload = match &body {
        Some(body) => Payload::Whole(body),
        None if asked.payload.is_empty() => Payload::Empty,
        None => Payload::Unread,
    };
    let path = asked.target.path();
    let request = Request {
        path: wanted.api().strip(path).unwrap_or(path),
        query: asked.target.query(),
        header: &|name| headers.get_all(name).iter().map(HeaderValue::as_bytes).collect(),
        payload,
    };
    Ok(bound.contract.check(&request))
}

/// Whether the body says that it is larger than what is held to be read.
fn is_too_large(asked: &Asked) -> bool {
    let length = asked.headers().get(CONTENT_LENGTH).and_then(|it| it.to_str().ok());
    length.and_then(|it| it.parse::<u64>().ok()).is_some_and(|length| length > HELD_BYTES)
}
