//! An identity for an AI agent in one call, and every request signed with it.
//!
//! Knows: an agent's key and where it is kept, how to enroll, sign, get tokens and keys, wait for
//! people, and try again where that is safe. Never knows: what an agent may do, which the gateway
//! decides; and it never shows a key, in no error, log or `Debug`.
//!
//! Start reading at [`bootstrap`], which makes an agent, and [`Acting::execute`], which sends a
//! request as it; [`SigningMiddleware`] and [`SigningLayer`] do so within reqwest-middleware and
//! tower. Signatures, digests, proofs and keys are the product's own crate `bailiwick-proof`, which
//! the cases in `/vectors` are run against there; nothing of it is done again here.

mod acting;
mod agent;
mod ambient;
mod bootstrap;
mod builder;
mod carrier;
mod client;
mod clock;
mod credential;
mod date;
mod denial;
mod derived;
mod error;
mod identity;
mod key;
mod layer;
mod link;
mod manner;
#[cfg(feature = "mcp")]
mod mcp;
mod middleware;
mod outgoing;
mod own_keys;
mod patience;
mod renewed;
mod sending;
mod settings;
mod signing;
mod store;
mod task;
mod tokens;
mod waiting;

pub use acting::Acting;
pub use ambient::SystemClock;
pub use bailiwick_domain::time::Timestamp;
pub use bootstrap::{
    Bootstrap, DiscoveredApi, DiscoveredProject, Discovery, Entry, Kind, OnPending, bootstrap,
    discover,
};
pub use builder::Builder;
pub use carrier::Carrier;
pub use client::Client;
pub use clock::Clock;
pub use denial::{Denial, PendingApproval};
pub use error::{BoxError, Error};
pub use identity::{Identity, Me};
pub use key::{Algorithm, Key};
pub use layer::{Signing, SigningLayer};
pub use manner::{Form, Manner};
#[cfg(feature = "mcp")]
pub use mcp::SignedMcp;
pub use middleware::SigningMiddleware;
pub use reqwest;
pub use settings::{Asked, NewKey, Options};
pub use store::{EnvironmentStore, FileStore, MemoryStore, Store};
pub use task::{Budgets, Task, TaskOptions};
pub use tokens::{AccessToken, Subject};

/// The README's examples, which compile.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
pub struct Readme;
