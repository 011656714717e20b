//! The decisions of the token endpoint, with no HTTP: who asks, what they may have, and the token.

pub(crate) mod authenticated;
pub(crate) mod certificate;
pub(crate) mod client;
pub(crate) mod client_credentials;
pub(crate) mod decide;
pub(crate) mod delegate;
pub(crate) mod derive;
pub(crate) mod form;
pub(crate) mod introspect;
pub(crate) mod jwt_bearer;
pub(crate) mod line;
pub(crate) mod live;
pub(crate) mod may_act;
pub(crate) mod mint;
pub(crate) mod narrow;
pub(crate) mod person;
pub(crate) mod refused;
pub(crate) mod revoke;
pub(crate) mod said;
pub(crate) mod sender;
pub(crate) mod target;
pub(crate) mod task;
pub(crate) mod terms;
pub(crate) mod token_exchange;
pub(crate) mod workload;
