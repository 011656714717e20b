//! The authorities of a trust domain.

use bailiwick_domain::spiffe::SpiffeId;
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, TrustAnchor};

use super::authority::check_authority;
use super::{Certificate, Refused};

/// The most authorities of one trust domain.
pub const MAX_AUTHORITIES: usize = 64;

/// The certificates of those who may sign X.509-SVIDs of one trust domain (SPIFFE Trust Domain and
/// Bundle, section 4). Authorities of two trust domains are never in one bundle.
#[derive(Debug, Clone)]
pub struct TrustBundle {
    trust_domain: String,
    authorities: Vec<Certificate>,
    anchors: Vec<TrustAnchor<'static>>,
}

impl TrustBundle {
    /// The authorities of `trust_domain` (a name such as `acme.example`), each one certificate in
    /// DER, as the first `x5c` value of an entry with `use` `x509-svid` holds it. At most
    /// [`MAX_AUTHORITIES`]; with none, nothing verifies. Refused is what may not sign certificates,
    /// and what names itself in another trust domain.
    pub fn new<'a>(
        trust_domain: &str,
        authorities: impl IntoIterator<Item = &'a [u8]>,
    ) -> Result<Self, Refused> {
        let domain = SpiffeId::parse(&format!("spiffe://{trust_domain}"))
            .ok()
            .filter(|id| id.path().is_empty())
            .ok_or(Refused::Malformed("the trust domain has no such name"))?;
        let mut bundle = Self {
            trust_domain: domain.trust_domain().to_owned(),
            authorities: Vec::new(),
            anchors: Vec::new(),
        };
        for der in authorities {
            bundle.add(Certificate::from_der(der)?)?;
        }
        Ok(bundle)
    }

    /// The same from PEM (RFC 7468, section 5), one certificate after the other.
    pub fn from_pem(trust_domain: &str, text: &str) -> Result<Self, Refused> {
        let found: Vec<CertificateDer<'_>> = CertificateDer::pem_slice_iter(text.as_bytes())
            .take(MAX_AUTHORITIES.saturating_add(1))
            .collect::<Result<_, _>>()
            .map_err(|_| Refused::Malformed("the PEM text cannot be read"))?;
        Self::new(trust_domain, found.iter().map(|der| &**der))
    }

    /// The trust domain, such as `acme.example`.
    pub fn trust_domain(&self) -> &str {
        &self.trust_domain
    }

    /// Its authorities, in the order given.
    pub fn authorities(&self) -> &[Certificate] {
        &self.authorities
    }

    fn add(&mut self, authority: Certificate) -> Result<(), Refused> {
        if self.authorities.len() >= MAX_AUTHORITIES {
            return Err(Refused::Malformed("the bundle has more than 64 authorities"));
        }
        check_authority(&authority, &self.trust_domain)?;
        let anchor = webpki::anchor_from_trusted_cert(authority.as_pki())
            .map_err(|_| Refused::Malformed("an authority cannot be read"))?
            .to_owned();
        self.authorities.push(authority);
        self.anchors.push(anchor);
        Ok(())
    }

    pub(super) fn anchors(&self) -> &[TrustAnchor<'static>] {
        &self.anchors
    }

    /// The authority behind an anchor of this bundle.
    pub(super) fn behind(&self, anchor: &TrustAnchor<'_>) -> Option<&Certificate> {
        let mut both = self.anchors.iter().zip(&self.authorities);
        both.find(|(known, _)| std::ptr::eq::<TrustAnchor<'_>>(*known, anchor))
            .map(|(_, authority)| authority)
    }
}
