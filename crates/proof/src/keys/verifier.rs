//! Either kind of key that verifies.

use bailiwick_domain::credential::Algorithm;
use bailiwick_domain::denial::Denial;

use super::mac::MacKey;
use super::public::PublicKey;

/// What verifies: a public key, or a secret that the verifier holds too.
#[derive(Debug, Clone)]
pub enum Verifier {
    /// A public key.
    Public(PublicKey),
    /// A shared secret.
    Mac(MacKey),
}

impl Verifier {
    /// The one algorithm of the key.
    pub fn algorithm(&self) -> Algorithm {
        match self {
            Self::Public(key) => key.algorithm(),
            Self::Mac(_) => Algorithm::HmacSha256,
        }
    }

    /// The key's thumbprint.
    pub fn thumbprint(&self) -> &str {
        match self {
            Self::Public(key) => key.thumbprint(),
            Self::Mac(key) => key.thumbprint(),
        }
    }

    /// Whether `signature` is this key's over `message`.
    pub fn verify(&self, message: &[u8], signature: &[u8]) -> Result<(), Denial> {
        match self {
            Self::Public(key) => key.verify(message, signature),
            Self::Mac(key) => key.verify(message, signature),
        }
    }
}
