//! An agent's own key.

use std::fmt;
use std::path::Path;
use std::sync::Arc;

use bailiwick_domain::credential::Algorithm as Kind;
use bailiwick_proof::json;
use bailiwick_proof::keys::{KeyError, SigningKey};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use zeroize::Zeroizing;

use crate::ambient;
use crate::error::Error;
use crate::store;

/// How a key signs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Algorithm {
    /// Ed25519 (RFC 8032).
    #[default]
    Ed25519,
    /// ECDSA with P-256 and SHA-256.
    P256,
    /// An Ethereum account, which signs as such (ERC-8128).
    Secp256k1,
}

/// A key that signs. Never printed, and erased when the last copy is dropped.
#[derive(Clone)]
pub struct Key {
    inner: Arc<SigningKey>,
}

impl Key {
    /// A fresh Ed25519 key.
    pub fn generate() -> Result<Self, Error> {
        Self::generate_as(Algorithm::Ed25519)
    }

    /// A fresh key of another kind.
    pub fn generate_as(algorithm: Algorithm) -> Result<Self, Error> {
        let kind = match algorithm {
            Algorithm::Ed25519 => Kind::Ed25519,
            Algorithm::P256 => Kind::EcdsaP256Sha256,
            Algorithm::Secp256k1 => Kind::Eip191Secp256k1,
        };
        Ok(Self { inner: Arc::new(SigningKey::generate(kind, &ambient::entropy())?) })
    }

    /// Reads a private JWK (RFC 7517), strictly: its public part has to be its private part's own,
    /// and what it says of its use has to be signing.
    pub fn from_jwk(text: &str) -> Result<Self, Error> {
        Ok(Self { inner: Arc::new(SigningKey::from_jwk(text.trim())?) })
    }

    /// Reads it from a file of mode 0600: a private JWK, as `bailiwick key new` writes it, or an
    /// identity, as a [`FileStore`](crate::FileStore) has it.
    pub fn from_file(path: impl AsRef<Path>) -> Result<Self, Error> {
        let path = path.as_ref();
        let text = store::read_private(path)?;
        let absent = || Error::Key { why: format!("there is no file {}", path.display()) };
        Self::from_kept(&text.ok_or_else(absent)?)
    }

    /// Reads it from a variable of the environment, in either form.
    pub fn from_environment(name: &str) -> Result<Self, Error> {
        let absent = || Error::Key { why: format!("the variable {name} is not set") };
        Self::from_kept(&ambient::variable(name).ok_or_else(absent)?)
    }

    fn from_kept(text: &str) -> Result<Self, Error> {
        let held = held(text)?;
        held.ok_or(Error::Key { why: "an identity without a key is kept there".to_owned() })
    }

    /// The private JWK, to be kept. Whoever reads it can sign.
    pub fn to_jwk(&self) -> Zeroizing<String> {
        self.inner.to_jwk()
    }

    /// The public JWK. A shared secret has none; an account is known by its address.
    pub fn public_jwk(&self) -> Option<String> {
        self.inner.public().map(bailiwick_proof::keys::PublicKey::to_jwk)
    }

    /// The address of the account whose key this is, `0x…`, if it is one.
    pub fn address(&self) -> Option<String> {
        self.inner.address().map(ToString::to_string)
    }

    /// RFC 7638; of an account, its address. Servers know the key by it.
    pub fn thumbprint(&self) -> &str {
        self.inner.thumbprint()
    }

    pub(crate) fn signing(&self) -> &SigningKey {
        &self.inner
    }

    /// Whether a token can be bound to it, and a proof made with it (RFC 9449).
    pub(crate) fn has_public_part(&self) -> bool {
        self.inner.public().is_some()
    }

    /// An HMAC key of these 32 bytes.
    pub(crate) fn shared(secret: &[u8]) -> Result<Self, Error> {
        let secret = Zeroizing::new(URL_SAFE_NO_PAD.encode(secret));
        let jwk = Zeroizing::new(format!(r#"{{"k":"{}","kty":"oct"}}"#, *secret));
        Self::from_jwk(&jwk)
    }
}

/// The key in a text that is kept: a JWK, or an identity with one in it.
pub(crate) fn held(text: &str) -> Result<Option<Key>, Error> {
    let text = text.trim();
    let members = json::object(text.as_bytes());
    let members = members.ok_or(KeyError::Malformed("not one JSON object without duplicates"))?;
    if members.contains_key("kty") {
        return Key::from_jwk(text).map(Some);
    }
    let Some(jwk) = members.get("jwk") else { return Ok(None) };
    Key::from_jwk(&Zeroizing::new(jwk.to_string())).map(Some)
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Key({} {})", self.inner.algorithm().as_str(), self.thumbprint())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;

    #[test]
    fn a_key_is_read_as_it_was_written_and_is_never_shown() {
        for algorithm in [Algorithm::Ed25519, Algorithm::P256, Algorithm::Secp256k1] {
            let key = Key::generate_as(algorithm).unwrap();
            let jwk = key.to_jwk();
            let kept = format!(r#"{{"server":"https://a.example","jwk":{}}}"#, *jwk);
            for text in [&*jwk, &kept] {
                assert_eq!(held(text).unwrap().unwrap().thumbprint(), key.thumbprint());
            }
            let read: Value = serde_json::from_str(&jwk).unwrap();
            let shown = format!("{key:?} {:?} {:?}", key.public_jwk(), key.address());
            assert!(!shown.contains(read["d"].as_str().unwrap()), "{shown}");
        }
    }

    #[test]
    fn what_is_no_private_key_is_refused_and_not_quoted() {
        let key = Key::generate().unwrap();
        let other: Value = serde_json::from_str(&Key::generate().unwrap().to_jwk()).unwrap();
        let jwk: Value = serde_json::from_str(&key.to_jwk()).unwrap();
        let secret = jwk["d"].as_str().unwrap();
        let changed = |name: &str, value: Value| {
            let mut jwk = jwk.clone();
            jwk[name] = value;
            jwk.to_string()
        };
        let twice = key.to_jwk().replacen('{', r#"{"d":"x","#, 1);
        for (text, why) in [
            ("-----BEGIN PRIVATE KEY-----".to_owned(), "not one JSON object"),
            (key.public_jwk().unwrap(), "no private member"),
            (changed("x", other["x"].clone()), "not the private part's own"),
            (changed("kty", "RSA".into()), "of a kind that is not used"),
            (changed("use", "enc".into()), "use is not sig"),
            (twice, "not one JSON object"),
            (r#"{"kty":"oct","k":"c2hvcnQ"}"#.to_owned(), "too weak"),
            (" ".repeat(5_000), "not one JSON object"),
        ] {
            let failed = held(&text).unwrap_err();
            let shown = format!("{failed} {failed:?}");
            assert_eq!(failed.code(), "key_unusable");
            assert!(shown.contains(why) && shown.contains("bailiwick key new"), "{shown}");
            assert!(!shown.contains(&secret[..12]), "{shown}");
        }
        assert!(held("{}").unwrap().is_none());
    }
}
