//! Protocols beside plain HTTP: what a message of one asks for, and how it is answered.

pub mod a2a;
pub mod content;
pub mod events;
pub mod heard;
pub mod mcp;
pub mod message;
pub mod plain;
pub mod refusal;
pub mod relay;
pub mod told;
pub mod verbatim;
