//! The gateway as a proxy: what streams, what is kept open, what is closed, and how it ends.

mod connections;
mod http2;
mod script;
mod secured;
mod streaming;
mod upgrade;
