//! The Agent2Agent protocol, version 1.0, over JSON-RPC and over HTTP with JSON.
//!
//! What an agent behind the gateway can do, it says in its card: each of its skills is an
//! operation. A message names the skill that it is for ([`skill`]); one that names none may be
//! answered by any of them, and so is let through to whom all of them are open. A task is of
//! whatever skill it was begun for: whoever may use one of them may ask for it, and the agent
//! behind says whose it is (A2A 1.0, section 13.1).
//!
//! The card is told as it was accepted ([`published`]). A refusal is an error of the binding's own
//! ([`refusal`]).
//!
//! Start reading at [`asking`].

pub mod asking;
pub mod extended;
pub mod heard;
pub mod http_json;
pub mod interface;
pub mod parameters;
pub mod published;
pub mod refusal;
pub mod remote;
pub mod skill;
pub mod version;
