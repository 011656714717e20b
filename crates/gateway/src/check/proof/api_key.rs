//! An API key: the string itself, for what cannot sign. It proves no more than that it was copied.

use std::sync::Arc;

use bailiwick_domain::denial::Denial;
use bailiwick_proof::opaque;

use super::bound::Bound;
use crate::core::Gate;
use crate::world::Proves;

/// Finds the key by its digest; nothing else is ever stored of it.
pub(super) fn verify(digest: &[u8; 32], gate: &Gate<'_>) -> Result<Bound, Denial> {
    let key = gate.world.found_by(&opaque::thumbprint(digest));
    let key = key.filter(|key| matches!(key.proves, Proves::ApiKey));
    let key = Arc::clone(key.ok_or(Denial::CredentialUnknown)?);
    Ok(Bound::bearer(None, Some(key)))
}
