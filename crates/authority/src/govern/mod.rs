//! What operators may change, with no HTTP. Each act is one transaction; when it returns, the
//! gateways of this process go by it.

pub(crate) mod agents;
pub(crate) mod approvals;
pub(crate) mod clients;
pub(crate) mod credentials;
pub(crate) mod documents;
pub(crate) mod effect;
pub(crate) mod grants;
pub(crate) mod identities;
pub(crate) mod invites;
pub(crate) mod issuers;
pub(crate) mod names;
pub(crate) mod operators;
pub(crate) mod people;
pub(crate) mod policies;
pub(crate) mod projects;
pub(crate) mod proposal;
pub(crate) mod requests;
pub(crate) mod signing_keys;
