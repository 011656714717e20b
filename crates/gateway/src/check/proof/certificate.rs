//! The connection's certificate: whoever made it held the key (RFC 8446, section 4.4.3). It is a
//! credential by itself, or the proof that a token is bound to (RFC 8705, section 3).

use std::rc::Rc;
use std::sync::Arc;

use bailiwick_domain::credential::Strength;
use bailiwick_domain::denial::Denial;
use bailiwick_proof::certificate::{Chain, svid};
use bailiwick_proof::jwt::{AccessToken, Confirmation};

use super::bound::Bound;
use crate::asked::Asked;
use crate::core::Gate;
use crate::world::{KnownKey, Proves};

/// The certificate alone.
pub(super) async fn verify((asked, gate): (&Asked, &Gate<'_>)) -> Result<Bound, Denial> {
    let chain = asked.client_certificate().ok_or(Denial::CredentialMissing)?;
    let key = Some(identify(chain, (asked, gate)).await?);
    Ok(Bound { token: None, under: None, key, strength: Strength::Key, nonce: None })
}

/// A token to which no proof was sent: one that is bound to nothing, or to the certificate.
pub(super) fn confirm(token: Rc<AccessToken>, asked: &Asked) -> Result<Bound, Denial> {
    match &token.cnf {
        None => Ok(Bound::bearer(Some(token), None)),
        Some(Confirmation::Key(_)) => Err(Denial::ProofMissing),
        Some(Confirmation::Certificate(digest)) => {
            let leaf = asked.client_certificate().ok_or(Denial::ProofMissing)?.leaf();
            if leaf.thumbprint() != digest {
                return Err(Denial::ProofMissing);
            }
            leaf.check_validity(asked.at())?;
            Ok(Bound {
                token: Some(token),
                under: None,
                key: None,
                strength: Strength::Key,
                nonce: None,
            })
        }
    }
}

/// A certificate of one agent and the proof of another do not belong together. One that is
/// nobody's, such as a sidecar's, says nothing.
pub(super) fn agrees(bound: &Bound, asked: &Asked, gate: &Gate<'_>) -> Result<(), Denial> {
    let Some(chain) = asked.client_certificate() else { return Ok(()) };
    let leaf = chain.leaf();
    let named = svid::claimed(leaf).ok().map(|id| id.to_string());
    let known = gate.world.found_by(leaf.thumbprint());
    let known = known.or_else(|| gate.world.found_by(named.as_deref()?));
    let by_key = bound.key.as_ref().map(|key| key.agent);
    let agent = by_key.or_else(|| bound.token.as_ref().map(|token| token.client_id));
    match known {
        Some(known) if agent != Some(known.agent) => {
            Err(Denial::CredentialConflict("a certificate of one agent and the proof of another"))
        }
        Some(_) | None => Ok(()),
    }
}

/// How long a certificate that was verified is known: by then its trust domain may have revoked
/// the authority that made it.
const KNOWN_SECONDS: i64 = 60;

/// Whose certificate it is: one that is registered itself, or an X.509-SVID of a workload that is,
/// by the authorities of its own trust domain and no other.
async fn identify(
    chain: &Chain,
    (asked, gate): (&Asked, &Gate<'_>),
) -> Result<Arc<KnownKey>, Denial> {
    let leaf = chain.leaf();
    if let Some(key) = gate.world.found_by(leaf.thumbprint()) {
        if !matches!(key.proves, Proves::Certificate) {
            return Err(Denial::CredentialUnknown);
        }
        leaf.check_validity(asked.at())?;
        return Ok(Arc::clone(key));
    }
    let known = gate.core.certificates.borrow_mut().find(0, leaf.thumbprint(), asked.at());
    if let Some(id) = known {
        return gate.world.key(id).map(Arc::clone).ok_or(Denial::CredentialUnknown);
    }
    let claimed = svid::claimed(leaf).map_err(|_| Denial::CredentialUnknown)?;
    let key = gate.world.found_by(&claimed.to_string());
    let key = key.filter(|key| matches!(key.proves, Proves::Spiffe));
    let key = Arc::clone(key.ok_or(Denial::CredentialUnknown)?);
    gate.core.outside.trust.x509_svid(chain, asked.at()).await?;
    let until = leaf.not_after().min(asked.at().plus_seconds(KNOWN_SECONDS));
    gate.core.certificates.borrow_mut().insert(0, leaf.thumbprint(), key.id, until);
    Ok(key)
}
