//! Reading a JWK (RFC 7517) strictly: what it is for must be signing, and what it says of itself
//! must agree with what it is.

use serde_json::{Map, Value};
use zeroize::Zeroizing;

use super::refused::KeyError;
use crate::{base64url, json};

/// The longest JWK read, in bytes.
pub(super) const MAX_BYTES: usize = 4 * 1024;

/// Members that only a private or secret key has (RFC 7518, sections 6.2.2, 6.3.2 and 6.4.1).
const PRIVATE_MEMBERS: [&str; 8] = ["d", "k", "p", "q", "dp", "dq", "qi", "oth"];

/// The members of a JWK.
pub(super) struct Members(Map<String, Value>);

impl From<Map<String, Value>> for Members {
    fn from(members: Map<String, Value>) -> Self {
        Self(members)
    }
}

impl From<Members> for Map<String, Value> {
    fn from(members: Members) -> Self {
        members.0
    }
}

impl Members {
    pub(super) fn read(text: &str) -> Result<Self, KeyError> {
        if text.len() > MAX_BYTES {
            return Err(KeyError::Malformed("it is larger than 4 KiB"));
        }
        let members = json::object(text.as_bytes());
        members.map(Self).ok_or(KeyError::Malformed("not one JSON object without duplicates"))
    }

    pub(super) fn refuse_private(&self) -> Result<(), KeyError> {
        if PRIVATE_MEMBERS.iter().any(|name| self.0.contains_key(*name)) {
            return Err(KeyError::Private);
        }
        Ok(())
    }

    /// Whether there is such a member.
    pub(super) fn has(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    /// The text of a member that has to be there.
    pub(super) fn text(&self, name: &str) -> Result<&str, KeyError> {
        let text = self.0.get(name).and_then(Value::as_str);
        text.ok_or(KeyError::Malformed("a required member is missing or not text"))
    }

    /// The bytes of a member, of which there must be exactly `N`.
    pub(super) fn bytes<const N: usize>(&self, name: &str) -> Result<Zeroizing<[u8; N]>, KeyError> {
        let bytes = self.secret(name)?;
        let exact = <[u8; N]>::try_from(bytes.as_slice());
        exact.map(Zeroizing::new).map_err(|_| KeyError::Malformed("a member has the wrong length"))
    }

    /// The bytes of a member that has no fixed length.
    pub(super) fn secret(&self, name: &str) -> Result<Zeroizing<Vec<u8>>, KeyError> {
        if name == "d" && !self.0.contains_key(name) {
            return Err(KeyError::Public);
        }
        let bytes = base64url::decode(self.text(name)?);
        bytes.map(Zeroizing::new).ok_or(KeyError::Malformed("not canonical unpadded base64url"))
    }

    /// Holds `alg`, `use` and `key_ops`, where they are there, against what the key is used for.
    pub(super) fn check_purpose(&self, algs: &[&str], operation: &str) -> Result<(), KeyError> {
        let alg = self.0.get("alg");
        if alg.is_some_and(|alg| !alg.as_str().is_some_and(|alg| algs.contains(&alg))) {
            return Err(KeyError::Malformed("alg is not the one of this key"));
        }
        self.check_use(operation)
    }

    /// Holds `use` and `key_ops`, where they are there, against what the key is used for.
    pub(super) fn check_use(&self, operation: &str) -> Result<(), KeyError> {
        if self.0.get("use").is_some_and(|used| used.as_str() != Some("sig")) {
            return Err(KeyError::Malformed("use is not sig"));
        }
        let Some(operations) = self.0.get("key_ops") else { return Ok(()) };
        let listed = |listed: &Vec<Value>| listed.iter().any(|it| it.as_str() == Some(operation));
        if !operations.as_array().is_some_and(listed) {
            return Err(KeyError::Malformed("key_ops does not allow what the key is for"));
        }
        Ok(())
    }
}
