//! Sealing what must be kept or carried, but not be readable where it is kept or by whom.
//!
//! Knows: the installation's key, a recipient's public key, and what a sealed value looks like.
//! Never knows: the database, sockets, or what the secrets are for.
//!
//! Start reading at [`seal`]; [`hpke`] is for what is sealed to somebody else.

pub mod hpke;
pub mod seal;
