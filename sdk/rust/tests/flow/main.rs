//! The whole way of an agent, against a real installation.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that panics has failed")]

mod behalf;
mod calling;
mod enrolling;
mod examples;
mod keys;
mod layers;
mod mcp_server;
mod people;
mod refused;
mod secrets;
mod sign_on;
mod stage;
mod tasks;
mod tokens;
