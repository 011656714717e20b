//! What must outlive a request: agents, keys and all else that is governed in SQL, and what may be
//! forgotten in a minute in memory or Redis.
//!
//! Knows: SQLite, PostgreSQL and Redis, and how each thing of the domain is kept. Never knows: the
//! rules by which anything is decided, HTTP, or secrets in the clear: it keeps digests and sealed
//! bytes.
//!
//! Start reading at [`db`]; each aggregate (agents, keys, …) is one file with its SQL.

pub mod agents;
pub mod api_documents;
pub mod approvals;
pub mod assertions;
pub mod clients;
pub mod codes;
pub mod db;
mod encoding;
pub mod fast;
pub mod fault;
pub mod feed;
pub mod grants;
pub mod invites;
pub mod issued_tokens;
pub mod issuers;
pub mod journal;
pub mod keys;
mod listener;
mod migrations;
pub mod operators;
pub mod passkeys;
pub mod past;
pub mod people;
pub mod petitions;
pub mod policies;
mod pool;
pub mod projects;
pub mod pushed_requests;
pub mod received_signals;
pub mod records;
pub mod referrals;
pub mod refresh_tokens;
pub mod revoked_tokens;
mod ring;
pub mod roots;
pub mod row;
pub mod sequencer;
pub mod sessions;
pub mod signal_streams;
pub mod signals;
pub mod signing_keys;
pub mod transaction_keys;
pub mod tx;
pub mod welcomes;

pub use db::Store;
pub use fault::Fault;
pub use ring::Saved;
pub use row::{Row, Value};
pub use tx::Tx;
