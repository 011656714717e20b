//! Fetching from real servers on this machine: what is refused, what is kept and for how long.
#![expect(clippy::unwrap_used, reason = "a test that panics has failed")]

mod bundles;
mod directories;
mod exchange;
mod flood;
mod issuers;
mod kept;
mod node;
mod pinned;
mod scene;
mod server;
