//! DPoP (RFC 9449): a proof, in a field of its own, that whoever makes a request holds a key. An
//! access token that is bound to that key is worth nothing without one.

mod challenge;
mod nonces;
mod proof;
mod refused;
mod sign;
mod url;

pub use challenge::{ALGORITHMS, challenge};
pub use nonces::{Nonces, SLOT_SECONDS};
pub use proof::{Expectation, MAX_JTI, Proven, find, verify};
pub use refused::{Invalid, Refused};
pub use sign::{Signing, sign};
