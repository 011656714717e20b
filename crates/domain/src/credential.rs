//! Keys by which agents are recognized, and how much a proof by them is worth.

use std::fmt;
use std::str::FromStr;

use ipnet::IpNet;

use crate::agent::Unknown;
use crate::id::{AgentId, KeyId};
use crate::scope::ScopeSet;
use crate::time::Timestamp;

/// What one agent is recognized by. The private part is never here: for `hmac-sha256`, where both
/// sides hold the same secret, it is kept sealed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key {
    /// Its identifier; a signature's `keyid`.
    pub id: KeyId,
    /// The one agent it belongs to.
    pub agent: AgentId,
    /// The one algorithm it may be used with; none where the scheme has its own rules for that.
    pub algorithm: Option<Algorithm>,
    /// What is stored to verify with.
    pub material: Material,
    /// What it is found by, unique among all keys: see [`Material`].
    pub thumbprint: String,
    /// The most it may be used for; none for everything its agent may.
    pub scopes: Option<ScopeSet>,
    /// From where it may be used; from anywhere that its agent may call from when empty.
    pub networks: Vec<IpNet>,
    /// When it stops being usable, if it does.
    pub expires_at: Option<Timestamp>,
    /// The agent's own key with which the agent registered it, where it did so itself.
    pub registered_by: Option<KeyId>,
    /// Whether it may be used.
    pub state: KeyState,
    /// When it was registered.
    pub created_at: Timestamp,
    /// When a request proved by it was last recorded.
    pub last_used_at: Option<Timestamp>,
}

impl Key {
    /// Whether this one was registered with that, directly or through others of its agent's.
    pub fn descends_from(&self, above: KeyId, keys: &[Self]) -> bool {
        let mut with = self.registered_by;
        // As many steps as there are keys, whatever is stored.
        for _ in keys {
            match with {
                None => return false,
                Some(id) if id == above => return true,
                Some(id) => {
                    with = keys.iter().find(|key| key.id == id).and_then(|it| it.registered_by);
                }
            }
        }
        false
    }
}

/// What the authority keeps of a key, and what its thumbprint is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Material {
    /// The public key as a JWK: the required members only, sorted (RFC 7638, section 3.2). Found by
    /// its JWK thumbprint.
    PublicJwk(String),
    /// A shared secret, sealed under the installation's key. Found by its digest's digest.
    SealedSecret(Vec<u8>),
    /// An Ethereum account (ERC-8128). Found by its address, `0x` and 40 lower-case digits.
    Wallet,
    /// An X.509 certificate. Found by the base64url SHA-256 of its DER (`x5t#S256`, RFC 8705,
    /// section 3.1).
    Certificate,
    /// A workload that shows an SVID. Found by its SPIFFE ID.
    Spiffe,
    /// A directory of keys (Web Bot Auth). Found by its URL.
    Directory,
    /// A string that is enough by itself. Found by its base64url SHA-256.
    ApiKey,
    /// A rule over the claims of a trusted issuer's tokens, as JSON. Found by the rule's digest.
    Claims(String),
}

impl Material {
    /// The word for what kind of key it is.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::PublicJwk(_) => "public_key",
            Self::SealedSecret(_) => "hmac",
            Self::Wallet => "wallet",
            Self::Certificate => "certificate",
            Self::Spiffe => "spiffe",
            Self::Directory => "directory",
            Self::ApiKey => "api_key",
            Self::Claims(_) => "claims",
        }
    }
}

/// Signature algorithms, by their names in the HTTP Signature Algorithms registry (RFC 9421,
/// section 3.3), where a wallet's has none. The list is closed; a key has exactly one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Algorithm {
    /// `EdDSA` over edwards25519.
    Ed25519,
    /// ECDSA over P-256 with SHA-256.
    EcdsaP256Sha256,
    /// HMAC with SHA-256 and a shared secret.
    HmacSha256,
    /// ECDSA over secp256k1 of an Ethereum signed message (ERC-191), the signer recovered.
    Eip191Secp256k1,
}

/// Whether a key may be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum KeyState {
    /// It may.
    Active,
    /// Never again.
    Revoked,
}

/// How much a proof says, from least to most; an API names the least it takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Strength {
    /// Whoever holds the string may use it.
    Bearer,
    /// A fresh proof by a secret that the verifier holds too.
    Mac,
    /// A fresh proof by a private key that only the agent holds.
    Key,
}

impl Algorithm {
    /// The name, registered where there is one.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ed25519 => "ed25519",
            Self::EcdsaP256Sha256 => "ecdsa-p256-sha256",
            Self::HmacSha256 => "hmac-sha256",
            Self::Eip191Secp256k1 => "eip191-secp256k1",
        }
    }

    /// How much a signature by this algorithm proves.
    pub const fn strength(self) -> Strength {
        match self {
            Self::Ed25519 | Self::EcdsaP256Sha256 | Self::Eip191Secp256k1 => Strength::Key,
            Self::HmacSha256 => Strength::Mac,
        }
    }
}

impl FromStr for Algorithm {
    type Err = Unknown;

    fn from_str(text: &str) -> Result<Self, Unknown> {
        match text {
            "ed25519" => Ok(Self::Ed25519),
            "ecdsa-p256-sha256" => Ok(Self::EcdsaP256Sha256),
            "hmac-sha256" => Ok(Self::HmacSha256),
            "eip191-secp256k1" => Ok(Self::Eip191Secp256k1),
            _ => Err(Unknown::word(text, "an algorithm this product uses")),
        }
    }
}

impl KeyState {
    /// The state as it is written everywhere.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Revoked => "revoked",
        }
    }
}

impl FromStr for KeyState {
    type Err = Unknown;

    fn from_str(text: &str) -> Result<Self, Unknown> {
        match text {
            "active" => Ok(Self::Active),
            "revoked" => Ok(Self::Revoked),
            _ => Err(Unknown::word(text, "a state of a key: active or revoked")),
        }
    }
}

impl Strength {
    /// The strength as it is written everywhere.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Bearer => "bearer",
            Self::Mac => "mac",
            Self::Key => "key",
        }
    }
}

impl FromStr for Strength {
    type Err = Unknown;

    fn from_str(text: &str) -> Result<Self, Unknown> {
        match text {
            "bearer" => Ok(Self::Bearer),
            "mac" => Ok(Self::Mac),
            "key" => Ok(Self::Key),
            _ => Err(Unknown::word(text, "a strength of proof: bearer, mac or key")),
        }
    }
}

impl fmt::Display for Strength {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_descends_from_what_it_was_registered_with_and_from_nothing_else() {
        let id = |bits| KeyId::from_bits(bits);
        let key = |bits, registered_by: Option<u128>| Key {
            id: id(bits),
            agent: AgentId::from_bits(1),
            algorithm: Some(Algorithm::Ed25519),
            material: Material::PublicJwk(String::new()),
            thumbprint: bits.to_string(),
            scopes: None,
            networks: Vec::new(),
            expires_at: None,
            registered_by: registered_by.map(id),
            state: KeyState::Active,
            created_at: Timestamp::default(),
            last_used_at: None,
        };
        let keys = [key(1, None), key(2, Some(1)), key(3, Some(2)), key(4, None), key(5, Some(5))];
        let of = |above| keys.iter().map(|key| key.descends_from(id(above), &keys)).collect();
        let expected: [(u128, [bool; 5]); 4] = [
            (1, [false, true, true, false, false]),
            (2, [false, false, true, false, false]),
            (4, [false; 5]),
            (9, [false; 5]),
        ];
        for (above, descend) in expected {
            let found: Vec<bool> = of(above);
            assert_eq!(found, descend, "{above}");
        }
    }

    #[test]
    fn strengths_are_ordered_from_least_to_most() {
        assert!(Strength::Bearer < Strength::Mac && Strength::Mac < Strength::Key);
        assert_eq!(Algorithm::HmacSha256.strength(), Strength::Mac);
    }

    #[test]
    fn words_read_back_and_others_are_refused() {
        for algorithm in [
            Algorithm::Ed25519,
            Algorithm::EcdsaP256Sha256,
            Algorithm::HmacSha256,
            Algorithm::Eip191Secp256k1,
        ] {
            assert_eq!(algorithm.as_str().parse(), Ok(algorithm));
        }
        for strength in [Strength::Bearer, Strength::Mac, Strength::Key] {
            assert_eq!(strength.as_str().parse(), Ok(strength));
        }
        assert!("none".parse::<Algorithm>().is_err());
        assert!("hardware".parse::<Strength>().is_err());
    }
}
