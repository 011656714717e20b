//! Every way in which an agent can identify itself: once accepted, and everything near it refused.

#![cfg(test)]

mod api_key;
mod bot;
mod certificate;
mod contract;
mod derived;
mod dpop;
mod granted;
mod metadata;
mod networks;
mod observed;
mod policy;
mod together;
mod transaction;
mod wallet;
mod webhook;
mod workload;
