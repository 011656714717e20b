//! Attacks by name. Each file's first line says where the attack comes from.

#![expect(clippy::unwrap_used, reason = "a test that panics has failed")]

mod algorithm_confusion;
mod forwarded_spoofing;
mod header_spoofing;
mod path_confusion;
mod replay;
mod request_smuggling;
mod stolen_key_id;
mod tampered_stream;
mod token_theft;
