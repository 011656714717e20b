//! Keys of other issuers: they verify, and are never this product's own.

mod algorithm;
mod key;
mod set;

pub use algorithm::IssuerAlgorithm;
pub use key::IssuerKey;
pub use set::{Bounds, IssuerKeys};
