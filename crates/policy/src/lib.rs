//! May this agent do this? Cedar behind a few files.
//!
//! Knows: the schema of what policies may speak of (`schema.cedarschema`), the shipped policies
//! (`policies/*.cedar`), how facts about a request become a Cedar request, and how Cedar's answer
//! becomes a decision. Never knows: sockets, databases, where time comes from, or what a request
//! looks like on the wire.
//!
//! Start reading at the schema, then [`engine`]: a policy set is read and validated once, and
//! arranged by whom, what and which operation a policy's scope names. A [`slice::Slice`] is what of
//! it can matter for one agent and one operation, with everything built that does not change from
//! request to request; [`slice::Slice::decide`] decides one request. [`explain`] and [`cases`] ask
//! the same question slowly, of facts that somebody wrote down.
//!
//! Cedar skips a policy that fails, so a failing `forbid` would not forbid: here any error refuses.

pub mod action;
pub mod cases;
mod context;
pub mod decision;
pub mod engine;
mod entities;
pub mod explain;
pub mod facts;
pub mod fields;
mod head;
mod index;
pub mod policy;
pub mod question;
mod read;
pub mod reads;
mod schema;
pub mod shipped;
pub mod slice;
pub mod slices;
pub mod source;
mod variations;
