//! Sealing what must be kept but not be readable where it is kept.
//!
//! Knows: the installation's key, and what a sealed value looks like. Never knows: the database,
//! sockets, or what the secrets are for.
//!
//! Start reading at [`seal`].

pub mod seal;
