//! Tests over the whole product.
//!
//! Knows: every crate, and how they are put together. Never knows: anything that the product needs
//! to run; nobody imports it outside tests. Start reading at [`world`], where a test begins, and at
//! `tests/tidy` and `tests/layers`, the laws of the house.

#![expect(clippy::unwrap_used, reason = "a test's foundation that does not hold is a failed test")]
#![expect(clippy::missing_panics_doc, reason = "it panics where a test fails")]

mod apis;
pub mod approving;
pub mod ask;
mod choices;
pub mod database;
pub mod denials;
mod described;
pub mod fuzz;
mod granted;
pub mod installation;
pub mod issuing;
pub mod node;
mod outside;
pub mod peer;
pub mod provider;
pub mod proxy;
pub mod publisher;
pub mod raw;
pub mod sources;
pub mod upstream;
pub mod world;
