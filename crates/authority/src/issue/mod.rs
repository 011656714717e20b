//! The decisions of the token endpoint, with no HTTP: who asks, what they may have, and the token.

pub(crate) mod client;
pub(crate) mod client_credentials;
pub(crate) mod form;
pub(crate) mod mint;
pub(crate) mod refused;
pub(crate) mod target;
