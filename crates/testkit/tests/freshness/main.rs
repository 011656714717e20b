//! What the gateway knows is what the store says, or it refuses.

#![expect(clippy::unwrap_used, reason = "a test that panics has failed")]

mod reconcile;
mod signing;
mod touch;
