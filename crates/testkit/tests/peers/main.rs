//! Clients that others wrote and published, unchanged, against the gateway.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that panics has failed")]

mod a2a;
mod browser;
mod browser_approval;
mod browser_consent;
mod directory;
mod erc8128;
mod guide;
mod mcp;
mod mcp_authorized;
mod mcp_conformance;
mod rfc9421;
mod stage;
mod transaction;
mod web_bot_auth;
