//! Why a key is refused.

/// Why a key cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// It is not written as it should be.
    #[error("the key cannot be read: {0}")]
    Malformed(&'static str),
    /// Another kind of key than those on the closed list.
    #[error(
        "the key is of a kind that is not used here: take Ed25519, P-256, secp256k1 for a wallet, \
         or a shared secret"
    )]
    Unsupported,
    /// A private or secret member where a public key is expected.
    #[error("the JWK carries a private member: send the public part only")]
    Private,
    /// No private or secret member where one is needed.
    #[error("the JWK carries no private member: it cannot sign")]
    Public,
    /// The key would prove nothing.
    #[error("the key is too weak: {0}")]
    Weak(&'static str),
    /// The library below refused to make a key or a signature.
    #[error("the cryptographic library failed: nothing was made")]
    Failed,
}
