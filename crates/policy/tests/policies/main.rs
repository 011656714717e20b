//! Policies from the outside: what is read, how it decides, and that slicing changes nothing.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::as_conversions,
    reason = "a test that cannot go on should stop"
)]

mod decides;
mod explains;
mod problems;
mod shipped;
mod sliced;
mod stand;
