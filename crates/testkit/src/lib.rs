//! Tests over the whole product.
//!
//! Knows: every crate, and how they are put together. Never knows: anything that the product needs
//! to run; nobody imports it outside tests. Start reading at `tests/tidy` and `tests/layers`, the
//! laws of the house.

pub mod denials;
pub mod fuzz;
