//! What the store promises, held on both of its databases and both of its fast arms.
//!
//! The servers are named by the environment (see [`place`]); `cargo xtask test` brings them up.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test says what went wrong by panicking"
)]

mod aggregates;
mod api_documents;
mod approvals;
mod assertions;
mod fast;
mod feed;
mod grants;
mod issued_tokens;
mod ledger;
mod opening;
mod past;
mod people;
mod petitions;
mod place;
mod policies;
mod samples;
mod search;
mod signals;
mod signing_keys;
mod silence;
mod transactions;
mod uses;
