//! Why a certificate is refused.

use bailiwick_domain::denial::Denial;

/// Why a certificate, or a chain of them, is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// It is too large, cannot be read, or is not of the kind that was asked for.
    #[error("the certificate cannot be used: {0}")]
    Malformed(&'static str),
    /// It, or one above it, is over.
    #[error("the certificate has expired")]
    Expired,
    /// It, or one above it, has not begun.
    #[error("the certificate is not valid yet")]
    NotYetValid,
    /// It is not one that is known, and none that is trusted vouches for it.
    #[error("the certificate is not trusted: {0}")]
    Untrusted(&'static str),
}

impl From<Refused> for Denial {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::Malformed(detail) => Self::CredentialMalformed(detail),
            Refused::Expired => Self::CredentialExpired,
            Refused::NotYetValid => Self::SignatureNotYetValid,
            Refused::Untrusted(_) => Self::CredentialUnknown,
        }
    }
}
