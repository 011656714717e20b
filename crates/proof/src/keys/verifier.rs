//! Either kind of key that verifies.

use bailiwick_domain::credential::Algorithm;
use bailiwick_domain::denial::Denial;

use super::address::Address;
use super::mac::MacKey;
use super::public::PublicKey;
use super::wallet;

/// What verifies: a public key, a secret that the verifier holds too, or an account's address.
#[derive(Debug, Clone)]
pub enum Verifier {
    /// A public key.
    Public(PublicKey),
    /// A shared secret.
    Mac(MacKey),
    /// An Ethereum account that has a key. An account that is a contract verifies nothing here.
    Wallet(Address),
}

impl Verifier {
    /// The one algorithm of the key.
    pub fn algorithm(&self) -> Algorithm {
        match self {
            Self::Public(key) => key.algorithm(),
            Self::Mac(_) => Algorithm::HmacSha256,
            Self::Wallet(_) => Algorithm::Eip191Secp256k1,
        }
    }

    /// The key's thumbprint; of an account, its address.
    pub fn thumbprint(&self) -> &str {
        match self {
            Self::Public(key) => key.thumbprint(),
            Self::Mac(key) => key.thumbprint(),
            Self::Wallet(address) => address.as_str(),
        }
    }

    /// Whether `signature` is this key's over `message`.
    pub fn verify(&self, message: &[u8], signature: &[u8]) -> Result<(), Denial> {
        match self {
            Self::Public(key) => key.verify(message, signature),
            Self::Mac(key) => key.verify(message, signature),
            Self::Wallet(address) => {
                wallet::verify(&wallet::personal_hash(message), signature, address)
            }
        }
    }
}
