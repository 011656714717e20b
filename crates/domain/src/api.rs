//! An API behind the gateway: how requests reach it, and what it can be asked to do.

use std::str::FromStr;
use std::sync::Arc;

use crate::credential::Strength;
use crate::operation::{Operation, UnknownWord};

/// What comes of a request that does not fit its operation's contract.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Enforcement {
    /// It is refused.
    #[default]
    Enforce,
    /// It is let through, and its record says what it would have been.
    Observe,
    /// It is not looked at.
    Off,
}

/// What is done with a request that is to be refused.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum Mode {
    /// It is refused.
    #[default]
    Enforce,
    /// It is written down with what it would have been, and let through.
    Observe,
}

impl Mode {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Enforce, Self::Observe];

    /// The word of configuration.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Enforce => "enforce",
            Self::Observe => "observe",
        }
    }

    /// Whether requests are let through that are to be refused.
    pub const fn observes(self) -> bool {
        matches!(self, Self::Observe)
    }
}

/// What an API speaks.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum Kind {
    /// HTTP: operations are methods and path templates, found by [`crate::operation::Routes`].
    #[default]
    Http,
    /// The Model Context Protocol: operations are tools, resources and prompts, found by
    /// [`crate::mcp::Names`].
    Mcp,
    /// The Agent2Agent protocol: operations are messages to skills, and its other methods, found by
    /// [`crate::a2a::Skills`].
    A2a,
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Http, Self::Mcp, Self::A2a];

    /// The word of configuration.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Mcp => "mcp",
            Self::A2a => "a2a",
        }
    }
}

impl FromStr for Kind {
    type Err = UnknownWord;

    fn from_str(text: &str) -> Result<Self, UnknownWord> {
        Self::ALL.into_iter().find(|known| known.as_str() == text).ok_or(UnknownWord)
    }
}

/// One API. Requests reach it by host, by path prefix, or by both.
#[derive(Debug, Clone)]
#[expect(clippy::struct_excessive_bools, reason = "each is a key of its configuration")]
pub struct Api {
    /// Its name in the configuration.
    pub name: Arc<str>,
    /// What it speaks.
    pub kind: Kind,
    /// `Host` values it answers to, lower case; any when empty.
    pub hosts: Vec<String>,
    /// Path prefix, stripped before forwarding; empty for none, else `/…` with no trailing slash.
    pub prefix: String,
    /// Where requests go: `http://host:port` or `https://host:port`; where MCP is spoken, the path
    /// of its endpoint too.
    pub upstream: String,
    /// The resource identifier of RFC 8707: what a token's `aud` names.
    pub resource: String,
    /// What is done with a request to it that is to be refused.
    pub mode: Mode,
    /// The least proof it takes.
    pub proof: Strength,
    /// Whether the caller's signature headers reach the upstream.
    pub pass_signature: bool,
    /// Whether a token that another issuer made for a workload is enough for it.
    pub workload_tokens: bool,
    /// Whether it is told of each request in a signed `Txn-Token`.
    pub txn_token: bool,
    /// Whether nothing of it is served before a description of it is in force.
    pub described: bool,
    /// What comes of requests that do not fit what its description says; where operations have no
    /// description there is nothing to fit.
    pub contract: Enforcement,
    /// What it can be asked to do; anything else is refused.
    pub operations: Vec<Arc<Operation>>,
}

impl Enforcement {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Enforce, Self::Observe, Self::Off];

    /// The word of the configuration.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Enforce => "enforce",
            Self::Observe => "observe",
            Self::Off => "off",
        }
    }
}

impl FromStr for Enforcement {
    type Err = UnknownWord;

    fn from_str(text: &str) -> Result<Self, UnknownWord> {
        Self::ALL.into_iter().find(|known| known.as_str() == text).ok_or(UnknownWord)
    }
}
