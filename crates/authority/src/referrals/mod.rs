//! Requests that wait for people, put before them where they are: before a webhook of an
//! operator's, and before people at the provider where they sign in (`OpenID` CIBA Core 1.0).
//!
//! What comes back decides exactly as somebody at the page would: by a person with the role, whose
//! own request it is not, once. Start reading at `follow.rs`.

pub(crate) mod decision;
pub(crate) mod follow;
pub(crate) mod hook;
mod next;
mod notice;
mod question;
mod refer;

pub use hook::ApprovalWebhook;
