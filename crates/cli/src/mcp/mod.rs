//! A server of MCP, asked over Streamable HTTP for what it offers: in the stateless manner of the
//! revision of 2026, or in a session as before it. Whatever it answers is bounded.

mod answer;
mod events;
mod server;

pub(crate) use server::Server;
