//! The Model Context Protocol over Streamable HTTP: revisions 2025-03-26, 2025-06-18 and 2025-11-25
//! with their sessions, and 2026-07-28, which has none.
//!
//! A body is one JSON-RPC message ([`super::message`]) that the header fields agree with
//! ([`agreement`]). It names a tool, a prompt or a resource, or one of the methods by which the
//! protocol keeps house ([`housekeeping`]). What lists say is cut to what the agent may call
//! ([`listing`]), and what is labelled of answers masked ([`masking`]), in JSON and in streams of
//! events ([`super::events`]). A refusal is an error of the protocol's own ([`refusal`]).
//!
//! Start reading at [`asking`].

pub mod agreement;
pub mod answered;
pub mod asking;
pub mod elicitation;
pub mod heard;
pub mod housekeeping;
pub mod listing;
pub mod masking;
pub mod mirrored;
pub mod refusal;
pub mod revision;
pub mod session;
pub mod tasks;
pub mod traced;
pub mod visible;
