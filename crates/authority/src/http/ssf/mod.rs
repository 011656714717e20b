//! The doors of the Shared Signals Framework 1.0.

pub(crate) mod configuration;
pub(crate) mod events;
pub(crate) mod poll;
mod receiver;
pub(crate) mod status;
pub(crate) mod stream;
pub(crate) mod stream_object;
pub(crate) mod verification;
