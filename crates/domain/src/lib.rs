//! The words of Bailiwick and the rules that hold between them.
//!
//! Knows: what an agent, a key, a scope, an operation, a limit and a denial are, and which
//! transitions they allow. Never knows: IO, HTTP, JSON, cryptography, or where time and
//! randomness come from; both arrive as arguments ([`time::Clock`], [`entropy::Entropy`]).
//!
//! Start reading at [`denial`]: it lists every way a request can be refused.

pub mod a2a;
pub mod agent;
pub mod api;
pub mod approval;
pub mod approved;
pub mod client;
pub mod credential;
pub mod decision;
pub mod denial;
pub mod details;
pub mod entropy;
pub mod grant;
pub mod id;
pub mod invite;
pub mod issuer;
pub mod limit;
pub mod lookalike;
pub mod mcp;
pub mod operation;
pub mod operator;
pub mod passkey;
pub mod person;
pub mod project;
pub mod redirect;
pub mod ruling;
pub mod scope;
pub mod signal;
pub mod signing;
pub mod spiffe;
pub mod time;
pub mod uri_template;
