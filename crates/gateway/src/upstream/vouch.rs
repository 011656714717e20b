//! One permit, one word to the proxy that asked; or one observation, where an API is only observed.
//!
//! The request goes on without the gateway, which sees neither what the API answers nor whether it
//! does: the record is closed with the word that was given, and says beside which proxy.

use bailiwick_domain::decision::Outcome;
use bailiwick_domain::denial::Denial;
use http::header::HeaderName;
use http::{HeaderMap, HeaderValue};

use super::fields::{
    Proven, TXN_TOKEN, is_proxys, is_said, rewrite_for_caller, rewrite_for_upstream,
    strip_hop_by_hop,
};
use super::{respond, send, transaction};
use crate::asked::Asked;
use crate::check::record::Ended;
use crate::core::Core;
use crate::observed::Leave;

/// What the proxy is told of a request that it may pass on.
#[derive(Debug)]
pub struct Vouched {
    /// The request's fields as the API is to see them; what only concerns one connection is left
    /// out.
    pub fields: HeaderMap,
    /// Those of the caller's fields that the API is not to see.
    pub removed: Vec<HeaderName>,
    /// What the caller is told with its answer.
    pub told: HeaderMap,
}

impl Vouched {
    /// What the gateway itself says to the API.
    pub fn said(&self) -> impl Iterator<Item = (&HeaderName, &HeaderValue)> {
        self.fields.iter().filter(|(name, _)| is_said(name))
    }
}

/// Gives the word for a request that may leave, and closes its record; why not, where even that
/// cannot be.
pub fn vouch(leave: Leave, asked: &Asked, core: &Core) -> Result<Vouched, Denial> {
    let vouched = describe(&leave, asked, core);
    let mut receipt = leave.into_receipt();
    let (outcome, denial) = match &vouched {
        Ok(_) => (Outcome::Allowed, None),
        Err(denial) => (Outcome::Failed, Some(denial)),
    };
    receipt.close(Ended {
        outcome,
        code: denial.map(Denial::code),
        status: denial.map(|denial| respond::status(denial).as_u16()),
        request: asked.payload.measured(),
        response: None,
    });
    vouched
}

fn describe(leave: &Leave, asked: &Asked, core: &Core) -> Result<Vouched, Denial> {
    let mut fields = asked.headers().clone();
    strip_hop_by_hop(&mut fields);
    let before: Vec<HeaderName> = fields.keys().cloned().collect();
    let arrival = asked.arrival;
    let issuer = &core.settings.issuer;
    let proven = Proven { arrival, authority: &asked.authority, trace: asked.trace(), issuer };
    rewrite_for_upstream(&mut fields, leave, &proven);
    if let Some(permit) = leave.permit().filter(|_| leave.api().api.txn_token) {
        let uri = send::find_uri(leave.api(), &asked.target)?;
        let leaving = (&asked.parts.method, &uri);
        fields.insert(TXN_TOKEN, transaction::make(permit, &arrival, leaving, core)?);
    }
    let gone = |name: &HeaderName| !fields.contains_key(name) && !is_proxys(name);
    let removed = before.into_iter().filter(gone).collect();
    let mut told = HeaderMap::new();
    rewrite_for_caller(&mut told, leave, &arrival.id.to_string());
    Ok(Vouched { fields, removed, told })
}
