//! Header hygiene: what of the caller reaches the upstream, what of the upstream reaches the
//! caller, and what the gateway itself says to both.

use std::fmt::Write;

use bailiwick_proof::certificate::{CLIENT_CERT, CLIENT_CERT_CHAIN};
use bailiwick_proof::jwt::WorkloadToken;
use bailiwick_proof::opaque::Opens;
use http::header::{
    AUTHORIZATION, CONNECTION, EXPECT, FORWARDED, HOST, HeaderName, PROXY_AUTHENTICATE,
    PROXY_AUTHORIZATION, TE, TRAILER, TRANSFER_ENCODING, UPGRADE,
};
use http::{HeaderMap, HeaderValue};

use crate::asked::Arrival;
use crate::asked::trace::{TRACESTATE, Trace};
use crate::check::approval::APPROVAL_ID;
use crate::check::delegation::Actor;
use crate::check::revocation::Mandate;
use crate::observed::Leave;

/// The request's id, to the upstream and back to the caller.
pub const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const KEEP_ALIVE: HeaderName = HeaderName::from_static("keep-alive");
const PROXY_CONNECTION: HeaderName = HeaderName::from_static("proxy-connection");
const SIGNATURE: HeaderName = HeaderName::from_static("signature");
const SIGNATURE_INPUT: HeaderName = HeaderName::from_static("signature-input");
const SIGNATURE_AGENT: HeaderName = HeaderName::from_static("signature-agent");
const X_SIGNATURE: HeaderName = HeaderName::from_static("x-signature");
const DPOP: HeaderName = HeaderName::from_static("dpop");
const AGENT_ID: HeaderName = HeaderName::from_static("x-agent-id");
const AGENT_SUBJECT: HeaderName = HeaderName::from_static("x-agent-subject");
const AGENT_SCOPES: HeaderName = HeaderName::from_static("x-agent-scopes");
const AGENT_ON_BEHALF_OF: HeaderName = HeaderName::from_static("x-agent-on-behalf-of");
const AGENT_CHAIN: HeaderName = HeaderName::from_static("x-agent-chain");
const AGENT_TASK: HeaderName = HeaderName::from_static("x-agent-task");
const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");
const BAGGAGE: HeaderName = HeaderName::from_static("baggage");
/// What an API is told of a request, signed.
pub const TXN_TOKEN: HeaderName = HeaderName::from_static("txn-token");
const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const REAL_IP: HeaderName = HeaderName::from_static("x-real-ip");
const FORWARDED_HOST: HeaderName = HeaderName::from_static("x-forwarded-host");
const FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");

/// Takes out what belongs to one connection only (RFC 9110, section 7.6.1): the fields that
/// `Connection` names, and those that are known to.
pub fn strip_hop_by_hop(headers: &mut HeaderMap) {
    let named: Vec<HeaderName> = headers
        .get_all(CONNECTION)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .filter_map(|name| name.trim().parse().ok())
        .collect();
    for name in named {
        headers.remove(name);
    }
    for name in [
        CONNECTION,
        KEEP_ALIVE,
        PROXY_AUTHENTICATE,
        PROXY_AUTHORIZATION,
        PROXY_CONNECTION,
        TE,
        TRAILER,
        TRANSFER_ENCODING,
        UPGRADE,
    ] {
        headers.remove(name);
    }
}

/// Makes the caller's fields the upstream's: no credential, nothing that claims an identity or an
/// address, and in their place what was proven.
pub fn rewrite_for_upstream(headers: &mut HeaderMap, leave: &Leave, asked: &Proven<'_>) {
    strip_hop_by_hop(headers);
    for name in [EXPECT, TXN_TOKEN, BAGGAGE] {
        headers.remove(name);
    }
    match leave {
        Leave::Observed(observed) if !observed.is_known() => strip_own(headers, asked.issuer),
        _ => strip_credentials(headers, leave.api().api.pass_signature),
    }
    if !asked.trace.is_continued() {
        headers.remove(TRACESTATE);
    }
    if let Some(state) = asked.trace.state() {
        headers.insert(TRACESTATE, state.clone());
    }
    strip_claims(headers);
    if let Some(permit) = leave.permit() {
        put_actor(headers, permit.actor());
    }
    let mut id = Vec::with_capacity(32);
    asked.arrival.id.write(&mut id);
    put(headers, REQUEST_ID, &id);
    put(headers, FORWARDED_FOR, asked.arrival.address.to_canonical().to_string().as_bytes());
    put(headers, FORWARDED_HOST, asked.authority.as_bytes());
    headers.insert(FORWARDED_PROTO, HeaderValue::from_static(asked.arrival.scheme));
    put(headers, TRACEPARENT, asked.trace.traceparent());
    headers.insert(HOST, leave.api().endpoint.authority.clone());
}

/// Every field by which the gateway speaks to an upstream, or by which a caller proves itself or
/// claims what only the gateway may say. A proxy that cannot be told which fields to take out
/// replaces each of them by what it is told, and takes out what it is told nothing of.
pub const REPLACED: [HeaderName; 21] = [
    AGENT_ID,
    AGENT_SUBJECT,
    AGENT_SCOPES,
    AGENT_ON_BEHALF_OF,
    AGENT_CHAIN,
    AGENT_TASK,
    REQUEST_ID,
    TRACEPARENT,
    TRACESTATE,
    BAGGAGE,
    TXN_TOKEN,
    AUTHORIZATION,
    DPOP,
    SIGNATURE,
    SIGNATURE_INPUT,
    SIGNATURE_AGENT,
    X_SIGNATURE,
    APPROVAL_ID,
    CLIENT_CERT,
    CLIENT_CERT_CHAIN,
    FORWARDED,
];

/// Whether the gateway says this itself.
pub fn is_said(name: &HeaderName) -> bool {
    is_agents(name) || [REQUEST_ID, TRACEPARENT, TXN_TOKEN].contains(name)
}

/// Whether this is one of the fields that say which agent calls.
pub fn is_agents(name: &HeaderName) -> bool {
    name.as_str().starts_with("x-agent-")
}

/// Whether a proxy writes this anew for whomever it forwards to.
pub fn is_proxys(name: &HeaderName) -> bool {
    let written = [HOST, EXPECT, FORWARDED_FOR, FORWARDED_HOST, FORWARDED_PROTO, REAL_IP];
    let others = ["x-forwarded-port", "x-forwarded-client-cert"];
    written.contains(name) || others.contains(&name.as_str())
}

/// Takes out what the caller proved itself with.
fn strip_credentials(headers: &mut HeaderMap, pass_signature: bool) {
    headers.remove(AUTHORIZATION);
    headers.remove(DPOP);
    if !pass_signature {
        headers.remove(SIGNATURE);
        headers.remove(SIGNATURE_INPUT);
        headers.remove(SIGNATURE_AGENT);
        headers.remove(X_SIGNATURE);
    }
}

/// Takes out a credential that was made here, whether it is still good or not, and leaves what the
/// upstream may know.
fn strip_own(headers: &mut HeaderMap, issuer: &str) {
    let is_own = |value: &HeaderValue| {
        let text = value.to_str().unwrap_or_default();
        let token = text.split_once(' ').map_or(text, |(_, token)| token.trim());
        Opens::claimed(token).is_some()
            || WorkloadToken::claimed_issuer(token).is_ok_and(|it| it == issuer)
    };
    if headers.get_all(AUTHORIZATION).iter().any(is_own) {
        strip_credentials(headers, false);
    }
}

/// Who acts, and what it may do.
fn put_actor(headers: &mut HeaderMap, actor: &Actor) {
    let said = actor.said();
    headers.insert(AGENT_ID, said.name);
    headers.insert(AGENT_SUBJECT, said.subject);
    headers.insert(AGENT_SCOPES, said.scopes);
    if let Some(mandate) = actor.mandate() {
        put_delegation(headers, &mandate);
    }
}

/// For whom the agent acts, through whom, and by which task, where it does.
fn put_delegation(headers: &mut HeaderMap, mandate: &Mandate<'_>) {
    if let Some(subject) = mandate.on_behalf_of() {
        put(headers, AGENT_ON_BEHALF_OF, subject.as_bytes());
        put(headers, AGENT_CHAIN, mandate.chain().join(", ").as_bytes());
    }
    if let Some(task) = mandate.task {
        put(headers, AGENT_TASK, task.to_string().as_bytes());
    }
}

/// What the gateway knows of a request, for its upstream.
#[derive(Debug)]
pub struct Proven<'a> {
    /// How it arrived.
    pub arrival: Arrival,
    /// The host it asked for.
    pub authority: &'a str,
    /// The trace it belongs to.
    pub trace: &'a Trace,
    /// The name of the installation's issuer.
    pub issuer: &'a str,
}

/// Takes out every field by which a caller could claim what only the gateway may say: who it is,
/// where it calls from, that it was approved, and which certificate it showed (RFC 9440, section
/// 2.4).
fn strip_claims(headers: &mut HeaderMap) {
    for name in [CLIENT_CERT, CLIENT_CERT_CHAIN, FORWARDED, REAL_IP, APPROVAL_ID] {
        headers.remove(name);
    }
    let claims = |name: &HeaderName| is_agents(name) || name.as_str().starts_with("x-forwarded-");
    if headers.keys().any(claims) {
        let claimed: Vec<HeaderName> =
            headers.keys().filter(|name| claims(name)).cloned().collect();
        for name in claimed {
            headers.remove(name);
        }
    }
}

/// Makes the upstream's fields the caller's.
pub fn rewrite_for_caller(headers: &mut HeaderMap, leave: &Leave, id: &str) {
    strip_hop_by_hop(headers);
    put(headers, REQUEST_ID, id.as_bytes());
    let Some(permit) = leave.permit() else { return };
    let mut rate_limit = RateLimit::default();
    for (name, limit, left) in permit.spend().remaining() {
        let policy = (limit.requests(), limit.period_seconds());
        rate_limit.add(name, policy, (left.remaining, u64::from(left.reset_seconds)));
    }
    rate_limit.put(headers);
}

/// The values of `RateLimit` and `RateLimit-Policy`
/// (draft-ietf-httpapi-ratelimit-headers-10, sections 3 and 4).
#[derive(Debug, Default)]
pub struct RateLimit {
    policies: String,
    states: String,
}

impl RateLimit {
    /// Adds a limit by its name: `(requests, window in seconds)` and `(remaining, seconds until it
    /// is whole again)`.
    pub fn add(&mut self, name: &str, policy: (u32, u32), state: (u32, u64)) {
        let separator = if self.policies.is_empty() { "" } else { ", " };
        let ((quota, window), (remaining, reset)) = (policy, state);
        // Writing to a String cannot fail.
        let _ = write!(self.policies, "{separator}\"{name}\";q={quota};w={window}");
        let _ = write!(self.states, "{separator}\"{name}\";r={remaining};t={reset}");
    }

    /// Puts both fields, if there is anything to say.
    pub fn put(&self, headers: &mut HeaderMap) {
        if !self.policies.is_empty() {
            put(headers, HeaderName::from_static("ratelimit-policy"), self.policies.as_bytes());
            put(headers, HeaderName::from_static("ratelimit"), self.states.as_bytes());
        }
    }
}

fn put(headers: &mut HeaderMap, name: HeaderName, value: &[u8]) {
    if let Ok(value) = HeaderValue::from_bytes(value) {
        headers.insert(name, value);
    } else {
        headers.remove(name);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_belongs_to_one_connection_goes_no_further() {
        let mut headers = HeaderMap::new();
        for (name, value) in [
            ("connection", "close, X-Secret"),
            ("connection", "x-other"),
            ("x-secret", "1"),
            ("x-other", "1"),
            ("keep-alive", "timeout=5"),
            ("te", "trailers"),
            ("transfer-encoding", "chunked"),
            ("upgrade", "h2c"),
            ("proxy-authorization", "Basic YTpi"),
            ("accept", "*/*"),
        ] {
            headers.append(HeaderName::from_static(name), HeaderValue::from_static(value));
        }
        strip_hop_by_hop(&mut headers);
        assert_eq!(headers.keys().map(HeaderName::as_str).collect::<Vec<_>>(), ["accept"]);
    }

    #[test]
    fn what_a_caller_claims_to_be_is_taken_out() {
        let mut headers = HeaderMap::new();
        for name in [
            "x-agent-id",
            "x-agent-admin",
            "x-forwarded-for",
            "x-forwarded-user",
            "x-real-ip",
            "forwarded",
            "client-cert",
            "client-cert-chain",
            "x-approval-id",
            "x-a",
        ] {
            headers.append(name.parse::<HeaderName>().unwrap(), HeaderValue::from_static("v"));
        }
        strip_claims(&mut headers);
        assert_eq!(headers.keys().map(HeaderName::as_str).collect::<Vec<_>>(), ["x-a"]);
    }

    #[test]
    fn limits_are_listed_in_both_fields() {
        let mut rate_limit = RateLimit::default();
        rate_limit.add("agent", (30, 60), (29, 2));
        rate_limit.add("operation", (5, 1), (0, 1));
        assert_eq!(rate_limit.policies, "\"agent\";q=30;w=60, \"operation\";q=5;w=1");
        assert_eq!(rate_limit.states, "\"agent\";r=29;t=2, \"operation\";r=0;t=1");
    }
}
