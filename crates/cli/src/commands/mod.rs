//! One command a file.

pub(crate) mod agent;
mod agent_client;
pub(crate) mod api;
mod api_card;
mod api_catalog;
pub(crate) mod api_document;
pub(crate) mod approval;
pub(crate) mod asking;
pub(crate) mod audit;
pub(crate) mod completions;
pub(crate) mod demo;
pub(crate) mod fetch;
pub(crate) mod grant;
pub(crate) mod init;
pub(crate) mod invite;
pub(crate) mod issuer;
pub(crate) mod key;
pub(crate) mod operator;
pub(crate) mod person;
pub(crate) mod policy;
pub(crate) mod project;
pub(crate) mod serve;
pub(crate) mod shown;
pub(crate) mod signal_stream;
pub(crate) mod signing_key;
pub(crate) mod task;
pub(crate) mod token;
