//! OpenAPI, a catalog of MCP or the card of an agent in, operations out; and whether a request fits
//! what is described.
//!
//! Knows: OpenAPI 3.0 and 3.1 in JSON and YAML, what a server of the Model Context Protocol lists,
//! what an agent of the Agent2Agent protocol says of itself and which text of that is signed, the
//! operations that a document describes and what each takes, JSON Schema 2020-12, what a change of
//! a document widens, and which fields of an answer are labelled. Never knows: sockets, the
//! database, files, who is asking, or what an operator accepted; a document refers to itself only,
//! and nothing is ever fetched. Whatever a caller chooses is bounded, and no input makes it panic.
//!
//! Start reading at [`document::Document::read`], then [`contract::Contract::check`].

mod arguments;
mod body;
pub mod card;
pub mod catalog;
pub mod contract;
mod definition;
mod dialect;
pub mod document;
mod extension;
mod fit;
mod json;
mod kinds;
mod labels;
mod lexeme;
mod library;
mod list;
pub mod mask;
pub mod masker;
mod mirrored;
mod narrower;
mod offer;
mod operation;
mod parameter;
pub mod percent;
mod pointer;
mod query;
pub mod scopes;
pub mod service;
mod source;
pub mod unread;
pub mod unseen;
pub mod widen;
mod wording;
