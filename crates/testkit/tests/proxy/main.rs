//! The gateway as a proxy: what streams, what is kept open, what is closed, and how it ends.

#![expect(clippy::unwrap_used, reason = "a test that panics has failed")]

mod certificates;
mod connections;
mod described;
mod http2;
mod masked;
mod script;
mod secured;
mod streaming;
mod upgrade;
