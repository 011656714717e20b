//! The keys of another issuer, as it publishes them (RFC 7517, section 5).

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::algorithm::IssuerAlgorithm;
use super::key::IssuerKey;
use crate::json;
use crate::keys::jwk::Members;
use crate::keys::refused::KeyError;

type Jwk = Map<String, Value>;

/// How much of another issuer's keys is read.
#[derive(Debug, Clone, Copy)]
pub struct Bounds<'a> {
    /// The longest text, in bytes.
    pub max_bytes: usize,
    /// The most keys, those that are passed over included.
    pub max_keys: usize,
    /// What an RSA key that names no `alg` is used with; no such key is used where this is empty.
    pub rsa: &'a [IssuerAlgorithm],
}

/// The usable keys of one issuer, or of one SPIFFE trust domain.
#[derive(Debug, Clone, Default)]
pub struct IssuerKeys(Vec<IssuerKey>);

impl IssuerKeys {
    /// Reads a JWK Set. Passed over are keys that are for something else than signing, or of a kind
    /// or size that is not used here (RFC 7517, section 5). The whole set is refused when it
    /// exceeds the bounds, is not written as it should be, publishes a private member, or gives one
    /// name to two usable keys. A set without a usable key is read, and verifies nothing.
    pub fn from_jwks(text: &str, bounds: &Bounds<'_>) -> Result<Self, KeyError> {
        Self::read(text, bounds, Some)
    }

    /// Reads the keys for JWT-SVIDs out of a SPIFFE bundle: those of `use` `jwt-svid`, which have
    /// to be named (JWT-SVID, sections 6.1 and 6.2). As [`Self::from_jwks`] otherwise.
    pub fn from_bundle(text: &str, bounds: &Bounds<'_>) -> Result<Self, KeyError> {
        Self::read(text, bounds, |mut jwk| {
            let used = jwk.remove("use");
            let svid = used.as_ref().and_then(Value::as_str) == Some("jwt-svid");
            (svid && jwk.contains_key("kid")).then_some(jwk)
        })
    }

    fn read(
        text: &str,
        bounds: &Bounds<'_>,
        select: fn(Jwk) -> Option<Jwk>,
    ) -> Result<Self, KeyError> {
        if text.len() > bounds.max_bytes {
            return Err(KeyError::Malformed("the key set is larger than its bound"));
        }
        let mut set = json::object(text.as_bytes())
            .ok_or(KeyError::Malformed("not one JSON object without duplicates"))?;
        let Some(Value::Array(listed)) = set.remove("keys") else {
            return Err(KeyError::Malformed("the key set has no list of keys"));
        };
        if listed.len() > bounds.max_keys {
            return Err(KeyError::Malformed("the key set has more keys than its bound"));
        }
        let mut keys = Vec::with_capacity(listed.len());
        for jwk in listed {
            let Value::Object(jwk) = jwk else {
                return Err(KeyError::Malformed("a key of the set is not an object"));
            };
            let members = Members::from(jwk);
            members.refuse_private()?;
            let Some(jwk) = select(members.into()) else { continue };
            keys.extend(IssuerKey::from_members(&Members::from(jwk), bounds.rsa).ok());
        }
        let mut names = BTreeSet::new();
        if !keys.iter().filter_map(IssuerKey::kid).all(|kid| names.insert(kid)) {
            return Err(KeyError::Malformed("two keys of the set have the same kid"));
        }
        Ok(Self(keys))
    }

    /// The key of this name. A token that names none is of the issuer's only key, and of no key
    /// where there are several (OpenID Connect Core, section 10.1).
    pub fn find(&self, kid: Option<&str>) -> Option<&IssuerKey> {
        match (kid, self.0.as_slice()) {
            (None, [only]) => Some(only),
            (None, _) => None,
            (Some(kid), keys) => keys.iter().find(|key| key.kid() == Some(kid)),
        }
    }

    /// The names of the usable keys that have one.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().filter_map(IssuerKey::kid)
    }

    /// How many usable keys there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether nothing can be verified.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}
