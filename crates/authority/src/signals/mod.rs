//! Signals (`OpenID` Shared Signals Framework 1.0, CAEP 1.0): others are told when a credential or
//! a sign-in ends here, and what they tell of their own people and agents ends it here.
//!
//! What is to be told is kept by the store, in the transaction in which it happened. Start reading
//! at `transmit.rs`, which sends it, and `receive.rs`, which takes in what others send.

pub(crate) mod poll;
mod reach;
pub(crate) mod receive;
pub(crate) mod source;
pub(crate) mod streams;
mod token;
mod transmit;

pub use source::SignalSource;
pub use transmit::{Transmitter, Transmitting};
