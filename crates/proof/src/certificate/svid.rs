//! X.509-SVIDs: certificates that name a workload (SPIFFE X509-SVID).

use bailiwick_domain::spiffe::SpiffeId;
use bailiwick_domain::time::Timestamp;
use rustls_pki_types::{CertificateDer, SignatureVerificationAlgorithm, UnixTime};
use webpki::{EndEntityCert, KeyUsage, VerifiedPath, aws_lc_rs as algorithms};

use super::authority::check_authority;
use super::{Certificate, Chain, Refused, TrustBundle};

/// The signatures by which a certificate may be vouched for. Closed: no SHA-1, no RSA below 2048
/// bits, nothing that the certificate could choose beyond this list.
static ALGORITHMS: &[&dyn SignatureVerificationAlgorithm] = &[
    algorithms::ECDSA_P256_SHA256,
    algorithms::ECDSA_P256_SHA384,
    algorithms::ECDSA_P384_SHA256,
    algorithms::ECDSA_P384_SHA384,
    algorithms::ED25519,
    algorithms::RSA_PKCS1_2048_8192_SHA256,
    algorithms::RSA_PKCS1_2048_8192_SHA384,
    algorithms::RSA_PKCS1_2048_8192_SHA512,
    algorithms::RSA_PSS_2048_8192_SHA256_LEGACY_KEY,
    algorithms::RSA_PSS_2048_8192_SHA384_LEGACY_KEY,
    algorithms::RSA_PSS_2048_8192_SHA512_LEGACY_KEY,
];

/// The workload that a certificate claims to be, by which the bundle is chosen that
/// [`verify`] then needs: exactly one URI, a SPIFFE ID with a path (X509-SVID, section 2 and
/// section 5.2). Nothing is verified yet.
pub fn claimed(leaf: &Certificate) -> Result<SpiffeId, Refused> {
    let [uri] = leaf.uris() else {
        return Err(Refused::Malformed("an X.509-SVID names exactly one URI"));
    };
    let id = SpiffeId::parse(uri)
        .map_err(|_| Refused::Malformed("the URI of the certificate is not a SPIFFE ID"))?;
    if id.path().is_empty() {
        return Err(Refused::Malformed("the SPIFFE ID of a workload has a path"));
    }
    Ok(id)
}

/// Verifies an X.509-SVID (X509-SVID, section 5) under the authorities of its own trust domain, and
/// says which workload it names. Everything on the path is valid now, and so is the authority at
/// its end; path lengths, name constraints and extended key usages hold (RFC 5280, section 6.1). A
/// name constraint on URIs is not understood, and refuses. Revocation is not asked: SVIDs are
/// short-lived.
pub fn verify(chain: &Chain, bundle: &TrustBundle, now: Timestamp) -> Result<SpiffeId, Refused> {
    let leaf = chain.leaf();
    let id = claimed(leaf)?;
    check_leaf(leaf)?;
    if id.trust_domain() != bundle.trust_domain() {
        return Err(Refused::Untrusted("it is of another trust domain"));
    }
    leaf.check_validity(now)?;
    check_path(chain, bundle, now)?;
    Ok(id)
}

/// The profile of a leaf (X509-SVID, sections 4.1, 4.3 and 4.4, as section 5.2 has them checked).
fn check_leaf(leaf: &Certificate) -> Result<(), Refused> {
    let uses = leaf.uses();
    if uses.authority {
        return Err(Refused::Malformed("an X.509-SVID of a workload is no authority"));
    }
    match uses.key {
        None => return Err(Refused::Malformed("an X.509-SVID has a key usage")),
        Some(key) if !key.critical => {
            return Err(Refused::Malformed("the key usage is not critical"));
        }
        Some(key) if !key.signs => {
            return Err(Refused::Malformed("the key is not one for signatures"));
        }
        Some(key) if key.signs_certificates || key.signs_revocations => {
            return Err(Refused::Malformed("the key of a workload signs no certificates"));
        }
        Some(_) => {}
    }
    if uses.client == Some(false) {
        return Err(Refused::Malformed("the certificate is not one for clients"));
    }
    Ok(())
}

fn check_path(chain: &Chain, bundle: &TrustBundle, now: Timestamp) -> Result<(), Refused> {
    let leaf = EndEntityCert::try_from(chain.leaf().as_pki()).map_err(|error| refused(&error))?;
    let sent: Vec<CertificateDer<'_>> =
        chain.intermediates().iter().map(|it| it.as_pki().clone()).collect();
    let seconds = u64::try_from(now.as_seconds()).map_err(|_| Refused::NotYetValid)?;
    let time = UnixTime::since_unix_epoch(std::time::Duration::from_secs(seconds));
    let acceptable = |path: &VerifiedPath<'_>| {
        check_signers(path, (chain, bundle), now).map_err(|_| webpki::Error::UnknownIssuer)
    };
    let usage = KeyUsage::client_auth();
    leaf.verify_for_usage(
        ALGORITHMS,
        bundle.anchors(),
        &sent,
        time,
        usage,
        None,
        Some(&acceptable),
    )
    .map_err(|error| refused(&error))?;
    Ok(())
}

/// What the library does not hold against those who sign: their key usage and SPIFFE ID, and
/// validity and path length of the authority at the end.
fn check_signers(
    path: &VerifiedPath<'_>,
    (chain, bundle): (&Chain, &TrustBundle),
    now: Timestamp,
) -> Result<(), Refused> {
    let mut below = 0_u32;
    for used in path.intermediate_certificates() {
        let der = used.der();
        let signer = chain.intermediates().iter().find(|it| it.der() == &*der);
        check_authority(signer.ok_or(UNKNOWN)?, bundle.trust_domain())?;
        below = below.saturating_add(1);
    }
    let root = bundle.behind(path.anchor()).ok_or(UNKNOWN)?;
    root.check_validity(now)?;
    if root.uses().path_length.is_some_and(|most| below > most) {
        return Err(UNKNOWN);
    }
    Ok(())
}

const UNKNOWN: Refused = Refused::Untrusted("no authority of its trust domain vouches for it");

fn refused(error: &webpki::Error) -> Refused {
    match error {
        webpki::Error::CertExpired { .. } => Refused::Expired,
        webpki::Error::CertNotValidYet { .. } => Refused::NotYetValid,
        webpki::Error::UnsupportedCriticalExtension => {
            Refused::Malformed("it has a critical extension that is not known here")
        }
        _ => UNKNOWN,
    }
}
