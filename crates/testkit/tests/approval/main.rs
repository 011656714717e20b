//! People decide about a request, and it goes through exactly once: at the gateway, from the first
//! attempt to the last.

#![expect(clippy::indexing_slicing, reason = "a test that panics has failed")]

mod mismatch;
mod nodes;
mod once;
mod waiting;

use bailiwick_testkit::ask::Ask;
use bailiwick_testkit::world::World;

/// A payout, as it is before it is signed.
pub(crate) fn payout(body: &str) -> Ask {
    Ask::new("POST", "/acme/payouts").json(body).digested()
}

/// The same, signed.
pub(crate) fn signed(world: &World, body: &str) -> Ask {
    payout(body).signed(&world.proof())
}
