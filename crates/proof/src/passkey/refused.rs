//! Why a passkey is not taken, or does not sign anybody in.

/// What does not hold. The person is told no more than that it did not work.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// Something is not written as it should be; says what.
    #[error("the passkey's answer cannot be read: {0}")]
    Malformed(&'static str),
    /// The answer is to another ceremony: signing in instead of registering, or the reverse.
    #[error("the answer is of another ceremony")]
    Ceremony,
    /// The answer is to another challenge.
    #[error("the answer is to another challenge")]
    Challenge,
    /// The answer was given to another site, or inside a frame of another.
    #[error("the answer was given to another origin")]
    Origin,
    /// The passkey is of another relying party.
    #[error("the passkey is of another relying party")]
    RelyingParty,
    /// The authenticator asked nobody, or did not verify who it asked.
    #[error("the authenticator did not verify the person")]
    Unverified,
    /// The key is of a kind that is not taken here.
    #[error("the passkey's key is not taken: {0}")]
    Key(&'static str),
    /// The signature does not verify.
    #[error("the passkey's signature does not verify")]
    Signature,
    /// The count of signatures does not go up: there is a copy of the passkey.
    #[error("the passkey has signed less often than is known: it may have been copied")]
    Count,
}
