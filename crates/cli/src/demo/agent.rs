//! One of the agents.

use bailiwick_proof::keys::SigningKey;

/// An agent on stage.
pub(super) struct Agent {
    pub(super) name: &'static str,
    pub(super) owner: &'static str,
    pub(super) purpose: &'static str,
    pub(super) scopes: &'static [&'static str],
    pub(super) key: SigningKey,
    pub(super) key_id: String,
    pub(super) id: String,
}
