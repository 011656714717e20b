//! HTTP message signatures (RFC 9421), verified for requests.
//!
//! [`Presented::find`] reads the one signature of a request; the checks on it can then be made in
//! any order, and [`Presented::verify`] is the only one that costs more than microseconds.

pub(crate) mod authority;
mod base;
mod check;
mod component;
mod field;
mod input;
mod parameters;
mod presented;
mod query;
mod read;
mod request;
mod signature;

pub use check::Window;
pub use presented::{MAX_FIELD_BYTES, Presented, SIGNATURE, SIGNATURE_INPUT};
pub use request::Request;
