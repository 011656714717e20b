//! The way to an upstream and back.

pub(crate) mod altered;
pub mod answer;
pub mod challenge;
pub mod endpoint;
pub mod fields;
mod masking;
pub mod pool;
pub mod respond;
pub mod send;
mod speaking;
pub mod transaction;
mod tunnel;
pub mod vouch;
