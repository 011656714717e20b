//! `[token]`: how long an access token lives, whom it serves, and how often authority is passed on.

use super::section::{Bounds, Section};

/// Access tokens (RFC 9068).
#[derive(Debug, Clone, Copy)]
pub struct TokenSettings {
    /// Seconds from issue to expiry.
    pub ttl_seconds: u64,
    /// Whether a token works only with the agent's key.
    pub bound: bool,
    /// How many delegations may lie between an agent and whose authority it acts by.
    pub delegation_depth: u64,
}

pub(super) fn read(section: &mut Section<'_>) -> TokenSettings {
    TokenSettings {
        ttl_seconds: section
            .number("ttl_seconds", Bounds { least: 30, default: 900, most: 86_400 }),
        bound: section.find("bound", "true or false").unwrap_or(true),
        delegation_depth: section
            .number("delegation_depth", Bounds { least: 1, default: 4, most: 16 }),
    }
}
