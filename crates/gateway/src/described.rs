//! What the pipeline would say of a request that is only described: the same checks, but for those
//! that take the request itself: its credential, proof, nonce, and what is counted.
//!
//! Nothing comes of it but an answer. Whoever is described has proven nothing, so no permit can be
//! made for it: [`delegation::Described`] gives no actor away.

use std::net::IpAddr;

use bailiwick_domain::a2a::VERSION;
use bailiwick_domain::api::Kind;
use bailiwick_domain::credential::Strength;
use bailiwick_domain::denial::Denial;
use bailiwick_domain::id::AgentId;
use bailiwick_proof::digest::Hashing;
use bytes::Bytes;
use http::header::{CONTENT_TYPE, HOST};
use http::{HeaderValue, Method, Request};
use tokio::time::Instant;

use crate::asked::passing::Passing;
use crate::asked::payload::Source;
use crate::asked::target::Target;
use crate::asked::{Arrival, Asked};
use crate::check::{audience, contact, contract, delegation, network, operation, policy, scope};
use crate::core::Gate;
use crate::speak::a2a::version::A2A_VERSION;

/// A request that somebody asks about.
#[derive(Debug)]
pub struct Described<'a> {
    /// Whose it would be.
    pub agent: AgentId,
    /// The API, by its name.
    pub api: &'a str,
    /// The method.
    pub method: Method,
    /// Path and query as the API knows them, without the prefix that it has here.
    pub path: &'a str,
    /// The body, JSON. Without one, a method that usually has one counts as having one unseen.
    pub body: Option<Bytes>,
    /// Where it would come from; the unspecified address where that is not known.
    pub address: IpAddr,
    /// How much the agent's proof would be worth; as much as the API asks for where it is not said.
    pub proof: Option<Strength>,
}

/// What the checks say that do not refuse it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// The agent may.
    Permitted,
    /// It may, once so many people have agreed.
    NeedsApproval(u8),
}

/// Decides, or says why not.
pub async fn decide(described: Described<'_>, gate: &Gate<'_>) -> Result<Verdict, Denial> {
    let (agent, proof, api) = (described.agent, described.proof, described.api);
    let routed = gate.world.apis.named(api).ok_or(Denial::OperationUnknown)?;
    let asked = read(described, gate)?;
    let unpromised = Passing::new(Hashing::new(None), None);
    asked.payload.settle(unpromised, gate.core.settings.bounds.idle).await?;
    contact::check(&asked, gate)?;
    let known = gate.world.agent(agent).ok_or(Denial::CredentialUnknown)?;
    let described = delegation::Described::of(known, proof.unwrap_or(routed.api.proof))?;
    let actor = described.actor();
    let located = network::check(actor, &asked)?;
    let wanted = operation::name(&asked, gate).await?;
    if *wanted.api().api.name != *api {
        // Another API answers there.
        return Err(Denial::OperationUnknown);
    }
    let addressed = audience::check(actor, &wanted)?;
    let entitled = scope::check(actor, &wanted, &asked, (located, addressed))?;
    let fitting = contract::check(&wanted, entitled, &asked, gate).await?;
    let allowed = policy::decide(actor, &wanted, fitting, &asked, gate).await?;
    Ok(match wanted.approvers(allowed.asking().approvers) {
        0 => Verdict::Permitted,
        approvers => Verdict::NeedsApproval(approvers),
    })
}

/// The request as it would arrive beside another proxy.
fn read(described: Described<'_>, gate: &Gate<'_>) -> Result<Asked, Denial> {
    let core = gate.core;
    let api = &gate.world.apis.named(described.api).ok_or(Denial::OperationUnknown)?.api;
    let (mut parts, ()) = Request::new(()).into_parts();
    let host = api.hosts.first().map_or("localhost", String::as_str);
    let host = HeaderValue::from_str(host).map_err(|_| Denial::OperationUnknown)?;
    parts.headers.insert(HOST, host);
    if api.kind == Kind::A2a {
        parts.headers.insert(A2A_VERSION, HeaderValue::from_static(VERSION));
    }
    let target = Target::parse(&format!("{}{}", api.prefix, described.path))?;
    parts.uri = target.path_and_query().clone().into();
    let has_body = [Method::POST, Method::PUT, Method::PATCH].contains(&described.method);
    if has_body || described.body.is_some() {
        parts.headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    }
    let body = match described.body {
        Some(body) => Source::InHand(body),
        None if has_body => Source::Unseen,
        None => Source::InHand(Bytes::new()),
    };
    parts.method = described.method;
    let at = core.clock.now();
    let arrival = Arrival {
        id: core.next_id(at),
        at,
        begun: Instant::now(),
        address: described.address,
        scheme: core.settings.scheme,
        chance: core.next_number(),
        via: Some("authzen"),
    };
    let read = Asked::told(Request::from_parts(parts, body), arrival, None, &core.settings);
    let asked = read.map_err(|malformed| malformed.denial)?;
    Ok(asked)
}
