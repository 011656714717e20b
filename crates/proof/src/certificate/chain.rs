//! The certificates a client presented.

use super::{Certificate, MAX_BYTES, Refused};

/// The most certificates of one chain, the client's own among them.
pub const MAX_CERTIFICATES: usize = 5;

/// A client's certificate, and those it sent along to vouch for it. Nothing of it is trusted yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chain {
    leaf: Certificate,
    intermediates: Vec<Certificate>,
}

impl Chain {
    /// Reads certificates in DER, the client's own first (RFC 8446, section 4.4.2): one to
    /// [`MAX_CERTIFICATES`], together at most [`MAX_BYTES`].
    pub fn from_der<'a>(certificates: impl IntoIterator<Item = &'a [u8]>) -> Result<Self, Refused> {
        let listed: Vec<&[u8]> =
            certificates.into_iter().take(MAX_CERTIFICATES.saturating_add(1)).collect();
        if listed.len() > MAX_CERTIFICATES {
            return Err(Refused::Malformed("the chain has more than 5 certificates"));
        }
        let bytes = listed.iter().fold(0_usize, |sum, der| sum.saturating_add(der.len()));
        if bytes > MAX_BYTES {
            return Err(Refused::Malformed("the chain is larger than 16 KiB"));
        }
        let mut read = listed.into_iter().map(Certificate::from_der);
        let leaf = read.next().ok_or(Refused::Malformed("the chain is empty"))??;
        Ok(Self { leaf, intermediates: read.collect::<Result<_, _>>()? })
    }

    /// The client's own certificate.
    pub fn leaf(&self) -> &Certificate {
        &self.leaf
    }

    /// The others, as sent.
    pub fn intermediates(&self) -> &[Certificate] {
        &self.intermediates
    }
}
