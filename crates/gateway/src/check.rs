//! The checks, one a file, in the order of [`crate::pipeline`]. Each takes what the one before it
//! proved and returns more; none can be called with less.

pub mod approval;
pub mod audience;
pub mod budget;
pub mod contact;
pub mod contract;
pub mod credential;
pub mod delegation;
pub mod network;
pub mod operation;
pub mod policy;
pub mod proof;
pub mod record;
pub mod replay;
pub mod revocation;
pub mod scope;
pub mod token;
mod workload;
