//! Protocols beside plain HTTP: what a message of one asks for, and how it is answered.

pub mod a2a;
pub mod heard;
pub mod mcp;
pub mod plain;
pub mod refusal;
pub mod told;
