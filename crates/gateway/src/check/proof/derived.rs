//! A derived key: an hour of cheap signatures, bought with one proof by the agent's own key.

use bailiwick_domain::denial::Denial;
use bailiwick_domain::time::Timestamp;
use bailiwick_proof::derived::DerivedKeyId;
use bailiwick_proof::keys::Verifier;

use crate::asked::Asked;
use crate::core::{Derived, Gate};

/// The key of this name: remembered, or made again from the root that it descends from; then also
/// until when it may be remembered, once something has verified by it.
pub(super) fn find(
    keyid: &str,
    (asked, gate): (&Asked, &Gate<'_>),
) -> Result<(Derived, Option<Timestamp>), Denial> {
    let edition = gate.world.derivation().edition();
    if let Some(known) = gate.core.derived.borrow_mut().find(edition, keyid, asked.at()) {
        return Ok((known, None));
    }
    let unreadable = Denial::CredentialMalformed("keyid is not the name of a derived key");
    let id: DerivedKeyId = keyid.parse().map_err(|_| unreadable)?;
    id.check(asked.at(), &gate.core.settings.audience)?;
    let roots = gate.world.derivation().roots().ok_or(Denial::CredentialUnknown)?;
    let verifier = Verifier::Mac(roots.derive(&id)?);
    let (parent, agent, under) = (id.key(), id.agent(), id.under());
    Ok((Derived { verifier, parent, agent, under }, Some(id.expires_at())))
}

/// Remembers a key by which something has verified.
pub(super) fn remember(keyid: &str, derived: Derived, until: Timestamp, gate: &Gate<'_>) {
    let edition = gate.world.derivation().edition();
    gate.core.derived.borrow_mut().insert(edition, keyid, derived, until);
}
