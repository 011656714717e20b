//! The gateway: lets a request through only with a permit, and writes it down before it happens.
//!
//! Knows: an issuer's name and keys, the registered agents and their public keys, the APIs and
//! their operations, and how to forward. Never knows: how tokens are issued, who operates; or SQL,
//! but for people's approvals ([`desk`]).
//!
//! Start reading at [`pipeline`].

pub mod asked;
pub mod cache;
mod challenged;
pub mod check;
#[cfg(feature = "constant-permit")]
mod constant;
pub mod core;
pub mod described;
pub mod desk;
pub mod documents;
pub mod listen;
pub mod observed;
pub mod permit;
pub mod pipeline;
pub mod routes;
pub mod settings;
pub mod signer;
pub mod speak;
pub mod sweeper;
pub mod upstream;
pub mod waiters;
pub mod world;
