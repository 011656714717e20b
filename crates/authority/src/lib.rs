//! The authority: hands out narrow, provable credentials and governs who holds them.
//!
//! Knows: agents, keys, invites and operators; how a client proves itself at the token endpoint;
//! how an access token is made; the HTTP interface of all of that, described by [`openapi`].
//! Never knows: the gateway, SQL, configuration files, where time and randomness come from.
//!
//! Start reading at `http/endpoints.rs`, the list of them all; then `issue/`, the decisions of
//! the token endpoint, `enroll/`, how agents register themselves, `govern/`, what operators may
//! change, `people/`, who signs in, `clients/`, which agents are OAuth clients, `authorize/`, how a
//! person lets one act, `petitions/`, how from elsewhere than the client's own browser, and
//! `referrals/`, how requests that wait come before people elsewhere. Those know no HTTP beyond its
//! fields; `http/`, `admin/` and `pages/`, what people see in a browser, are the doors in front of
//! them.

mod admin;
mod authority;
mod authorize;
mod clients;
mod described;
mod enroll;
mod fault;
mod govern;
mod http;
mod issue;
mod keys;
mod making;
mod pages;
mod peer;
mod people;
mod petitions;
mod prove;
mod prune;
mod received;
mod referrals;
mod refusal;
mod roots;
mod rotation;
mod sealed;
mod signals;
mod status;
mod text;
mod transaction_keys;
mod wallet;

pub use admin::roles::roles;
pub use authority::{Authority, ClientDocuments, Parts, Settings, create_operator};
pub use fault::Fault;
pub use govern::documents::Adopted;
pub use govern::people::create_welcome;
pub use http::{openapi, router};
pub use keys::Keys;
pub use making::Making;
pub use peer::PeerCertificate;
pub use people::way::{Admits, Way};
pub use prune::{Pruner, Pruning};
pub use referrals::ApprovalWebhook;
pub use signals::{SignalSource, Transmitter, Transmitting};
