//! Keys, and the closed list of algorithms they are used with. A key has exactly one algorithm;
//! what a message says about algorithms is compared with it and never chooses.

mod jwk;
mod mac;
mod public;
mod refused;
mod signing;
mod verifier;

pub use mac::MacKey;
pub use public::PublicKey;
pub use refused::KeyError;
pub use signing::SigningKey;
pub use verifier::Verifier;
