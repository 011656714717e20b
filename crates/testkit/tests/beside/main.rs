//! The gateway beside proxies of another make: what it says to each, told as each tells it; and the
//! proxies themselves, as `examples/beside` sets them up.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that panics has failed")]

mod agents;
mod authzen;
mod bodies;
mod certificate;
mod doors;
mod grpc;
mod masked;
mod messages;
mod proxies;
mod telling;
mod told;
