//! The decisions of the token endpoint, with no HTTP: who asks, what they may have, and the token.

pub(crate) mod authenticated;
pub(crate) mod certificate;
pub(crate) mod client;
pub(crate) mod client_credentials;
pub(crate) mod decide;
pub(crate) mod derive;
pub(crate) mod form;
pub(crate) mod line;
pub(crate) mod mint;
pub(crate) mod refused;
pub(crate) mod sender;
pub(crate) mod target;
pub(crate) mod terms;
pub(crate) mod workload;
