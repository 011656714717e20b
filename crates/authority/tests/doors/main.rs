//! The authority through its doors: real requests against a real store.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test says what it expects by unwrapping it"
)]

mod agent_card;
mod agents;
mod api_documents;
mod approvals;
mod attacks;
mod authenticator;
mod chance;
mod consent;
mod contract;
mod credentials;
mod delegation;
mod derived_key;
mod directory;
mod discover;
mod dpop;
mod exchange;
mod identities;
mod introspection;
mod invites;
mod keys;
mod ledger;
mod logs;
mod me;
mod narrowing;
mod open;
mod operators;
mod own_keys;
mod pages;
mod passkeys;
mod people_tokens;
mod policies;
mod projects;
mod proposal;
mod provider;
mod prune;
mod referrals;
mod register;
mod requests;
mod roles;
mod sign_in;
mod signal_streams;
mod signals;
mod signals_received;
mod signing_keys;
mod status;
mod tasks;
mod token;
mod wave;
mod workload;
mod world;
