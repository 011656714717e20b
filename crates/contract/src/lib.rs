//! OpenAPI in, operations out; and whether a request fits what is described.
//!
//! Knows: OpenAPI 3.0 and 3.1 in JSON and YAML, the operations a document describes and what each
//! takes, JSON Schema 2020-12, what a change of a document widens, and which fields of an answer
//! are labelled. Never knows: sockets, the database, files, who is asking, or what an operator
//! accepted; a document refers to itself only, and nothing is ever fetched. Whatever a caller
//! chooses is bounded, and no input makes it panic.
//!
//! Start reading at [`document::Document::read`], then [`contract::Contract::check`].

mod body;
pub mod contract;
pub mod document;
mod extension;
mod fit;
mod json;
mod kinds;
mod labels;
mod lexeme;
mod library;
pub mod mask;
pub mod masker;
mod narrower;
mod operation;
mod parameter;
pub mod percent;
mod pointer;
mod query;
pub mod scopes;
pub mod service;
mod source;
pub mod unread;
pub mod widen;
