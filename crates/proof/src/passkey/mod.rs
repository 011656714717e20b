//! Passkeys: public keys by which people sign in, held by an authenticator that asks them first
//! (Web Authentication Level 3).
//!
//! Start reading at [`register`] and [`assert`], the two ceremonies. Attestation is not asked for:
//! which make of authenticator somebody has changes nothing here.

mod authenticator;
mod cbor;
mod ceremony;
mod client;
mod cose;
mod refused;

pub use ceremony::{Assertion, Expectation, Registered, Registration, assert, register};
pub use refused::Refused;
