//! What is refused where a DPoP proof may come with a signed request.

use axum::response::{IntoResponse, Response};

use crate::issue::refused::Refused;
use crate::refusal::Refusal;

/// Why such a request was refused. What is wrong with the proof is said as at the token endpoint,
/// with the nonce to make the next one with (RFC 9449, section 8).
pub(crate) enum Unserved {
    Refusal(Refusal),
    Dpop(Refused),
}

impl From<Refusal> for Unserved {
    fn from(refusal: Refusal) -> Self {
        Self::Refusal(refusal)
    }
}

impl From<Refused> for Unserved {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::Dpop { .. } => Self::Dpop(refused),
            other => Self::Refusal(other.into()),
        }
    }
}

impl IntoResponse for Unserved {
    fn into_response(self) -> Response {
        match self {
            Self::Refusal(refusal) => refusal.into_response(),
            Self::Dpop(refused) => refused.into_response(),
        }
    }
}
