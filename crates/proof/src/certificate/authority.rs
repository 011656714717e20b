//! Who may sign X.509-SVIDs.

use bailiwick_domain::spiffe::SpiffeId;

use super::{Certificate, Refused};

/// What may sign (X509-SVID, sections 3.2, 4.1 and 4.3): an authority whose key signs certificates,
/// and whose SPIFFE ID, where it has one, is that of the trust domain itself.
pub(super) fn check_authority(signer: &Certificate, trust_domain: &str) -> Result<(), Refused> {
    let uses = signer.uses();
    if !uses.authority || uses.key.is_some_and(|key| !key.signs_certificates) {
        return Err(Refused::Untrusted("a certificate above it may not sign certificates"));
    }
    for uri in signer.uris().iter().filter(|uri| uri.starts_with("spiffe:")) {
        let id = SpiffeId::parse(uri).ok();
        if id.is_none_or(|id| id.trust_domain() != trust_domain || !id.path().is_empty()) {
            return Err(Refused::Untrusted("an authority above it is not of its trust domain"));
        }
    }
    Ok(())
}
