//! Protocols beside plain HTTP: what a message of one asks for, and how it is answered.

pub mod mcp;
