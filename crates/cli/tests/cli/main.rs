//! The real binary, as a person and as a script use it.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that panics has failed")]

mod approval;
mod assertion;
mod card;
mod catalog;
mod consent;
mod delegation;
mod demo;
mod dpop;
mod elsewhere;
mod enroll;
mod flow;
mod halves;
mod person;
mod policy;
mod refusals;
mod signal_stream;
mod signing_key;
mod stand;
