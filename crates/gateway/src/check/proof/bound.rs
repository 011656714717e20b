//! What a proof has bound to a request.

use std::rc::Rc;
use std::sync::Arc;

use bailiwick_domain::credential::Strength;
use bailiwick_domain::id::{GrantId, KeyId};
use bailiwick_domain::time::Timestamp;
use bailiwick_proof::jwt::AccessToken;

use crate::world::KnownKey;

/// A credential bound to this request by a proof, or by nothing where the token itself is enough.
#[derive(Debug)]
pub struct Bound {
    pub(in crate::check) token: Option<Rc<AccessToken>>,
    /// The grant that it is used under, where no token says so.
    pub(in crate::check) under: Option<GrantId>,
    pub(in crate::check) key: Option<Arc<KnownKey>>,
    pub(in crate::check) strength: Strength,
    pub(in crate::check) nonce: Option<Unspent>,
}

/// A nonce that has not been consumed: that is the last thing to happen.
#[derive(Debug)]
pub struct Unspent {
    pub(in crate::check) key: KeyId,
    pub(in crate::check) nonce: String,
    pub(in crate::check) created_at: Timestamp,
    pub(in crate::check) until: Timestamp,
}

impl Bound {
    /// What whoever holds a string can prove: that it was copied.
    pub(super) fn bearer(token: Option<Rc<AccessToken>>, key: Option<Arc<KnownKey>>) -> Self {
        Self { token, under: None, key, strength: Strength::Bearer, nonce: None }
    }
}
