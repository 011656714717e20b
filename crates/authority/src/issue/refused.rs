//! Every way the token endpoint refuses (RFC 6749, section 5.2; RFC 8707, section 2;
//! RFC 9396, section 5).

use bailiwick_domain::denial::Denial;
use bailiwick_proof::dpop;

use crate::fault::Fault;
use crate::prove::Unproven;
use crate::refusal::Refusal;

/// Why no token was issued.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Refused {
    /// A parameter is missing, repeated, or cannot be read.
    InvalidRequest(&'static str),
    /// The client did not prove itself.
    InvalidClient(Denial),
    /// The assertion by which the client would prove itself does not hold (RFC 7523, section 3.2).
    InvalidAssertion(Denial),
    /// The client is known and may not have tokens now.
    UnauthorizedClient(Denial),
    /// The client is known, and not registered for what it asks.
    NotRegistered(&'static str),
    /// What is shown for a token is none, or not this client's, or its time is over: which, is not
    /// told (RFC 6749, section 5.2).
    InvalidGrant(&'static str),
    /// An error of the registration or of an authorization request (RFC 7591, section 3.2.2;
    /// RFC 9126, section 2.3): its code, and why.
    Told(&'static str, String),
    /// An access token that opens nothing here (RFC 6750, section 3.1).
    InvalidToken,
    /// A grant that is not offered here.
    UnsupportedGrantType,
    /// `authorization_details` that cannot be read, or go too far (RFC 9396, section 5).
    InvalidDetails(&'static str),
    /// More than the agent may be granted, or not a scope.
    InvalidScope(String),
    /// No API here is the one that was asked for.
    InvalidTarget(&'static str),
    /// The DPoP proof that came with the request does not hold, or needs a nonce.
    Dpop {
        /// What is wrong.
        refused: dpop::Refused,
        /// The nonce to make the next proof with.
        nonce: String,
    },
    /// Something the decision needs does not answer.
    Unavailable,
}

impl From<Unproven> for Refused {
    fn from(unproven: Unproven) -> Self {
        match unproven {
            Unproven::Denied(Denial::Unavailable) => Self::Unavailable,
            Unproven::Denied(denial) => Self::InvalidClient(denial),
            Unproven::Faulted(fault) => fault.into(),
        }
    }
}

impl Refused {
    /// What is wrong with the assertion of a client that did not prove itself by it.
    pub(crate) fn assertion(unproven: Unproven) -> Self {
        match unproven {
            Unproven::Denied(Denial::Unavailable) | Unproven::Faulted(_) => unproven.into(),
            Unproven::Denied(denial) => Self::InvalidAssertion(denial),
        }
    }
}

/// A fault is logged with its source; the caller learns no more than that there was one.
impl<F: Into<Fault>> From<F> for Refused {
    fn from(fault: F) -> Self {
        fault.into().log();
        Self::Unavailable
    }
}

/// The same, where it is not the token endpoint that answers.
impl From<Refused> for Refusal {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::InvalidClient(denial)
            | Refused::InvalidAssertion(denial)
            | Refused::UnauthorizedClient(denial) => denial.into(),
            Refused::InvalidRequest(detail)
            | Refused::NotRegistered(detail)
            | Refused::InvalidDetails(detail)
            | Refused::InvalidGrant(detail)
            | Refused::InvalidTarget(detail) => Self::Malformed(detail.to_owned()),
            Refused::InvalidScope(detail) | Refused::Told(_, detail) => Self::Malformed(detail),
            Refused::InvalidToken => Denial::CredentialUnknown.into(),
            Refused::Dpop { refused, .. } => Self::Malformed(refused.detail().to_owned()),
            Refused::UnsupportedGrantType => Self::MethodUnknown,
            Refused::Unavailable => Self::Unavailable,
        }
    }
}
