//! Keys, and the closed lists of algorithms they are used with: a short one for this product's own
//! and its agents' keys, and a longer one for keys of other issuers, which only verify. What a
//! message says about algorithms is compared with its key and never chooses.

mod address;
mod issuer;
mod jwk;
mod mac;
mod public;
mod refused;
mod signing;
mod verifier;
pub(crate) mod wallet;

pub use address::{Address, NotAnAddress};
pub use issuer::{Bounds, IssuerAlgorithm, IssuerKey, IssuerKeys};
pub use mac::MacKey;
pub use public::PublicKey;
pub use refused::KeyError;
pub use signing::SigningKey;
pub use verifier::Verifier;
