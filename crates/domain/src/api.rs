//! An API behind the gateway: how requests reach it, and what it can be asked to do.

use std::sync::Arc;

use crate::credential::Strength;
use crate::operation::Operation;

/// One API. Requests reach it by host, by path prefix, or by both.
#[derive(Debug, Clone)]
pub struct Api {
    /// Its name in the configuration.
    pub name: Arc<str>,
    /// `Host` values it answers to, lower case; any when empty.
    pub hosts: Vec<String>,
    /// Path prefix, stripped before forwarding; empty for none, else `/…` with no trailing slash.
    pub prefix: String,
    /// Where requests go: `http://host:port` or `https://host:port`.
    pub upstream: String,
    /// The resource identifier of RFC 8707: what a token's `aud` names.
    pub resource: String,
    /// The least proof it takes.
    pub proof: Strength,
    /// Whether the caller's signature headers reach the upstream.
    pub pass_signature: bool,
    /// Whether a token that another issuer made for a workload is enough for it.
    pub workload_tokens: bool,
    /// Whether it is told of each request in a signed `Txn-Token`.
    pub txn_token: bool,
    /// What it can be asked to do; anything else is refused.
    pub operations: Vec<Arc<Operation>>,
}
