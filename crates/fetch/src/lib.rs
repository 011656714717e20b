//! Keys that other servers publish: asked for with care, kept for a while, never trusted further
//! than they reach.
//!
//! Knows: how to ask a server that an attacker may have named without being turned against one's
//! own network, and how key sets (RFC 7517), OpenID discovery, Web Bot Auth directories, SPIFFE
//! bundles and an Ethereum node answer. Never knows: what the keys are used for, who may do what,
//! the database, or where time and randomness come from; both arrive as arguments.
//!
//! Start reading at [`Guard`]: what may be asked at all. What was fetched is held by one cache,
//! whose rules are in `cache/plan.rs`.

pub mod address;
mod backchannel;
mod bundle;
mod bundles;
mod cache;
mod chains;
mod client;
mod connect;
mod directory;
mod discovery;
mod documents;
pub mod form;
mod guard;
mod jwks;
mod key_sets;
mod max_age;
mod outside;
mod pace;
mod pings;
mod providers;
mod resolver;
mod signals;
mod trust;
mod unfetched;
mod upkeep;
mod url;

pub use backchannel::{Question, Reply, Taken};
pub use bundle::Bundle;
pub use bundles::{Bundles, Whence};
pub use chains::Chains;
pub use client::{Ask, Client, Fetched};
pub use directory::Directories;
pub use discovery::Issuers;
pub use documents::Documents;
pub use guard::{Guard, Unusable};
pub use key_sets::{KeySet, KeySets};
pub use outside::{Outside, Sources};
pub use pings::Pings;
pub use providers::{ClientName, Provider, Providers, Redeemed};
pub use resolver::{Resolver, Resolving};
pub use signals::{Pushed, Signals};
pub use trust::Trust;
pub use unfetched::{NoKey, Unfetched};
pub use upkeep::Upkeep;
pub use url::Url;
