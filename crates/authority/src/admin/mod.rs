//! The admin API, `/api/v1/…`: one operation group a file. Every request passes
//! [`operator::check`] before anything of it is read.

pub(crate) mod agent_object;
pub(crate) mod agent_states;
pub(crate) mod agents;
pub(crate) mod api_documents;
pub(crate) mod apis;
pub(crate) mod approval_object;
pub(crate) mod approvals;
pub(crate) mod clients;
pub(crate) mod credentials;
pub(crate) mod grant_object;
pub(crate) mod grants;
pub(crate) mod invites;
pub(crate) mod issuers;
pub(crate) mod operator;
pub(crate) mod operators;
pub(crate) mod page;
pub(crate) mod people;
pub(crate) mod policies;
pub(crate) mod projects;
pub(crate) mod proposal;
pub(crate) mod records;
pub(crate) mod requests;
pub(crate) mod roles;
pub(crate) mod signal_streams;
pub(crate) mod signing_keys;
pub(crate) mod tasks;
