//! The draft's reasons, and what each is among this product's denials.

use bailiwick_domain::denial::Denial;

/// Why a wallet's signature is refused: the closed list of ERC-8128, section 6.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{code}", code = self.code())]
pub enum Refused {
    /// A signature field is absent.
    SignatureMissing,
    /// A signature field cannot be read, or its members do not belong together.
    SignatureInputInvalid(&'static str),
    /// A limit on bytes or numbers is exceeded.
    SignatureTooLarge,
    /// No candidate wins, and none says why.
    NoAcceptableSignature,
    /// `keyid` is missing, or not the canonical name of an account.
    InvalidKeyid,
    /// The account's chain is not served here.
    UnsupportedChain,
    /// Accounts of this kind are not taken here.
    UnsupportedAccount,
    /// `created` or `expires` is missing or no integer, or they are not in order.
    InvalidTime,
    /// `created` is in the future.
    RequestNotYetValid,
    /// `expires` has passed.
    RequestExpired,
    /// `created` and `expires` lie further apart than allowed.
    RequestValidityTooLong,
    /// The nonce is no string, empty, or longer than 128 bytes.
    InvalidNonce,
    /// Something that must be covered is not.
    InsufficientCoverage {
        /// The first component that is missing.
        missing: &'static str,
    },
    /// There is a body, and no `Content-Digest`.
    ContentDigestRequired,
    /// `Content-Digest` cannot be read, has no algorithm that is used here, or does not hold.
    BadContentDigest,
    /// There is no nonce, and one is required.
    NonceRequired,
    /// The nonce was used before.
    NonceReused,
    /// Signatures that can be used again are not taken.
    ReplayableNotAllowed,
    /// `alg` is there: no algorithm of that registry is this one.
    UnsupportedAlgorithm,
    /// The signature is definitely not the account's over this request.
    BadSignature,
    /// Nobody could say what kind of account it is, or whether it takes the signature.
    SignatureVerificationUnavailable,
    /// The account is nobody's here.
    PrincipalNotAllowed,
}

impl Refused {
    /// The stable code: `error` in `WWW-Authenticate`, and `reason` in a problem (RFC 9457).
    pub const fn code(&self) -> &'static str {
        match self {
            Self::SignatureMissing => "signature_missing",
            Self::SignatureInputInvalid(_) => "signature_input_invalid",
            Self::SignatureTooLarge => "signature_too_large",
            Self::NoAcceptableSignature => "no_acceptable_signature",
            Self::InvalidKeyid => "invalid_keyid",
            Self::UnsupportedChain => "unsupported_chain",
            Self::UnsupportedAccount => "unsupported_account",
            Self::InvalidTime => "invalid_time",
            Self::RequestNotYetValid => "request_not_yet_valid",
            Self::RequestExpired => "request_expired",
            Self::RequestValidityTooLong => "request_validity_too_long",
            Self::InvalidNonce => "invalid_nonce",
            Self::InsufficientCoverage { .. } => "insufficient_coverage",
            Self::ContentDigestRequired => "content_digest_required",
            Self::BadContentDigest => "bad_content_digest",
            Self::NonceRequired => "nonce_required",
            Self::NonceReused => "nonce_reused",
            Self::ReplayableNotAllowed => "replayable_not_allowed",
            Self::UnsupportedAlgorithm => "unsupported_algorithm",
            Self::BadSignature => "bad_signature",
            Self::SignatureVerificationUnavailable => "signature_verification_unavailable",
            Self::PrincipalNotAllowed => "principal_not_allowed",
        }
    }

    /// The HTTP status (section 6): that of the denial too.
    pub const fn status(&self) -> u16 {
        match self {
            Self::SignatureInputInvalid(_) | Self::SignatureTooLarge => 400,
            Self::SignatureVerificationUnavailable => 503,
            _ => 401,
        }
    }

    /// What it is among the denials that all ways of identifying share.
    pub const fn denial(&self) -> Denial {
        match self {
            Self::SignatureMissing => Denial::CredentialMissing,
            Self::SignatureInputInvalid(detail) => Denial::CredentialMalformed(detail),
            Self::SignatureTooLarge => {
                Denial::CredentialMalformed("a signature, or what it lists, is too large")
            }
            Self::NoAcceptableSignature
            | Self::InvalidKeyid
            | Self::UnsupportedChain
            | Self::UnsupportedAccount
            | Self::PrincipalNotAllowed => Denial::CredentialUnknown,
            Self::InvalidTime | Self::RequestValidityTooLong => Denial::SignatureWindow,
            Self::RequestNotYetValid => Denial::SignatureNotYetValid,
            Self::RequestExpired => Denial::SignatureExpired,
            Self::InvalidNonce | Self::NonceRequired | Self::ReplayableNotAllowed => {
                Denial::NonceMissing
            }
            Self::InsufficientCoverage { missing } => Denial::SignatureCoverage { missing },
            Self::ContentDigestRequired => Denial::DigestMissing,
            Self::BadContentDigest => Denial::DigestMismatch,
            Self::NonceReused => Denial::NonceReplayed,
            Self::UnsupportedAlgorithm | Self::BadSignature => Denial::SignatureInvalid,
            Self::SignatureVerificationUnavailable => Denial::Unavailable,
        }
    }

    /// The reason for a denial that a later check comes to, once the signature itself has held: of
    /// the body's digest, of the nonce, of whose account it is. None for what is not about the
    /// signature, such as a scope.
    pub const fn of_later(denial: &Denial) -> Option<Self> {
        match denial {
            Denial::DigestMissing => Some(Self::ContentDigestRequired),
            Denial::DigestMismatch => Some(Self::BadContentDigest),
            Denial::NonceReplayed => Some(Self::NonceReused),
            Denial::SignatureExpired => Some(Self::RequestExpired),
            Denial::CredentialUnknown | Denial::CredentialRevoked | Denial::AgentMismatch => {
                Some(Self::PrincipalNotAllowed)
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_later_denial_says_what_the_reason_says() {
        for reason in [
            Refused::ContentDigestRequired,
            Refused::BadContentDigest,
            Refused::NonceReused,
            Refused::RequestExpired,
            Refused::PrincipalNotAllowed,
        ] {
            assert_eq!(Refused::of_later(&reason.denial()), Some(reason));
            assert_eq!(reason.to_string(), reason.code());
        }
        assert_eq!(Refused::of_later(&Denial::OperationUnknown), None);
    }
}
