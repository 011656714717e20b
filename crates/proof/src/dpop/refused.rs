//! Why a proof is refused, in the words of each door.

use bailiwick_domain::denial::Denial;

/// Why a request's proof is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refused {
    /// The proof cannot stand: `invalid_dpop_proof`.
    InvalidProof(Invalid),
    /// The proof would stand, but has no nonce of this server that is still accepted:
    /// `use_dpop_nonce`. The answer carries one in `DPoP-Nonce` (RFC 9449, section 8).
    UseNonce,
}

/// What is wrong with a proof.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Invalid {
    /// It is not one JWT of the right form, with a key and an algorithm that are accepted.
    Malformed(&'static str),
    /// Its signature is not its key's.
    Signature,
    /// It was made for another request or access token; says which claim differs.
    Other(&'static str),
    /// It was made too long ago.
    Expired,
    /// It is dated in the future.
    NotYetValid,
}

impl Refused {
    /// The error code of OAuth (RFC 9449, sections 5, 7.1 and 8).
    pub const fn error(self) -> &'static str {
        match self {
            Self::InvalidProof(_) => "invalid_dpop_proof",
            Self::UseNonce => "use_dpop_nonce",
        }
    }

    /// What is wrong, in words without quotation marks: an `error_description`.
    pub const fn detail(self) -> &'static str {
        match self {
            Self::InvalidProof(Invalid::Malformed(detail) | Invalid::Other(detail)) => detail,
            Self::InvalidProof(Invalid::Signature) => "the signature of the proof does not verify",
            Self::InvalidProof(Invalid::Expired) => "the proof was made too long ago",
            Self::InvalidProof(Invalid::NotYetValid) => "the proof is dated in the future",
            Self::UseNonce => "make the proof with the nonce in DPoP-Nonce",
        }
    }
}

impl From<Refused> for Denial {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::InvalidProof(Invalid::Malformed(detail)) => Self::CredentialMalformed(detail),
            Refused::InvalidProof(Invalid::Signature | Invalid::Other(_)) => Self::SignatureInvalid,
            Refused::InvalidProof(Invalid::Expired) => Self::SignatureExpired,
            Refused::InvalidProof(Invalid::NotYetValid) => Self::SignatureNotYetValid,
            Refused::UseNonce => Self::NonceMissing,
        }
    }
}
