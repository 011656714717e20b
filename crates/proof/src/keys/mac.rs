//! Shared secrets for HMAC with SHA-256 (RFC 9421, section 3.3.3).

use std::fmt;
use std::sync::Arc;

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::hmac;
use bailiwick_domain::denial::Denial;

use super::refused::KeyError;
use crate::base64url;

/// The shortest secret, in bytes: as long as the hash (RFC 7518, section 3.2).
const MIN_BYTES: usize = 32;
/// The longest secret, in bytes.
const MAX_BYTES: usize = 128;

/// A shared secret, prepared for use.
#[derive(Clone)]
pub struct MacKey {
    key: Arc<hmac::Key>,
    thumbprint: Box<str>,
}

impl MacKey {
    /// A key of 32 to 128 secret bytes.
    pub fn new(secret: &[u8]) -> Result<Self, KeyError> {
        if secret.len() < MIN_BYTES {
            return Err(KeyError::Weak("a shared secret has at least 32 bytes"));
        }
        if secret.len() > MAX_BYTES {
            return Err(KeyError::Malformed("a shared secret has at most 128 bytes"));
        }
        let once = digest(&SHA256, secret);
        let thumbprint = base64url::encode(digest(&SHA256, once.as_ref()).as_ref());
        let key = Arc::new(hmac::Key::new(hmac::HMAC_SHA256, secret));
        Ok(Self { key, thumbprint: thumbprint.into() })
    }

    /// What the key is known by: base64url of the SHA-256 of the SHA-256 of the secret.
    pub fn thumbprint(&self) -> &str {
        &self.thumbprint
    }

    /// Whether `tag` is this key's over `message`; takes the same time wherever they differ.
    pub fn verify(&self, message: &[u8], tag: &[u8]) -> Result<(), Denial> {
        hmac::verify(&self.key, message, tag).map_err(|_| Denial::SignatureInvalid)
    }

    /// Starts an HMAC over a message that comes in pieces.
    pub(crate) fn begin(&self) -> hmac::Context {
        hmac::Context::with_key(&self.key)
    }

    /// The tag over `message`, 32 bytes.
    pub fn sign(&self, message: &[u8]) -> Vec<u8> {
        hmac::sign(&self.key, message).as_ref().to_vec()
    }
}

impl fmt::Debug for MacKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MacKey({})", self.thumbprint)
    }
}
