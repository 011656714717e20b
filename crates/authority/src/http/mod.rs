//! The doors: one endpoint a file. What may be said through them is decided elsewhere.

mod approval_decision;
mod asking;
mod backchannel;
mod client_registration;
pub(crate) mod derived_key;
pub(crate) mod device_authorization;
pub(crate) mod directory;
mod discover;
pub(crate) mod endpoints;
pub(crate) mod error;
mod health;
mod interface;
mod introspect;
mod jwks;
mod ledger;
mod me;
mod metadata;
mod openapi;
mod own_keys;
mod par;
pub(crate) mod peer;
pub(crate) mod read;
mod register;
pub(crate) mod request;
mod request_access;
mod revoke;
mod router;
pub(crate) mod ssf;
mod status_list;
mod tasks;
mod token;
mod unserved;

pub use openapi::openapi;
pub use router::router;
