//! The compact serialization (RFC 7515, section 7.1), taken apart and put together. The payload of
//! what was taken apart cannot be read before its signature has verified.

use bailiwick_domain::credential::Algorithm;
use bailiwick_domain::denial::Denial;
use serde::Serialize;
use serde_json::{Map, Value};

use crate::keys::{KeyError, SigningKey};
use crate::{base64url, json};

/// The longest token read, in bytes.
pub const MAX_BYTES: usize = 16 * 1024;
/// The longest `kid` and `typ`, in bytes.
const MAX_NAME: usize = 256;

/// Header members that change what the token means or where its key comes from. `crit` is among
/// them: no extension is understood here, so none can be met (RFC 7515, section 4.1.11).
const REFUSED: [&str; 7] = ["crit", "jku", "x5u", "x5c", "b64", "zip", "enc"];

/// A token taken apart: its header is read, its payload is not.
pub(crate) struct Compact<'t> {
    header: Map<String, Value>,
    payload: &'t str,
    signature: &'t str,
    /// Header and payload with the dot between them.
    signed: &'t str,
}

/// Why a token cannot be read, or does not verify.
pub(crate) struct Unreadable(pub(crate) &'static str);

impl From<Unreadable> for Denial {
    fn from(Unreadable(detail): Unreadable) -> Self {
        Self::TokenInvalid(detail)
    }
}

impl<'t> Compact<'t> {
    /// Takes a token apart, whatever its header says.
    pub(crate) fn split(token: &'t str) -> Result<Self, Unreadable> {
        if token.len() > MAX_BYTES {
            return Err(Unreadable("the JWS is larger than 16 KiB"));
        }
        let three = || {
            let (signed, signature) = token.rsplit_once('.')?;
            let (header, payload) = signed.split_once('.')?;
            (!payload.contains('.')).then_some((header, payload, signature, signed))
        };
        let parts = three().ok_or(Unreadable("the JWS has not three parts"))?;
        let (header, payload, signature, signed) = parts;
        Ok(Self { header: read_object(header)?, payload, signature, signed })
    }

    /// Takes a token apart. Refused are the header members that no token here may have.
    pub(crate) fn read(token: &'t str) -> Result<Self, Unreadable> {
        let read = Self::split(token)?;
        if REFUSED.iter().any(|name| read.header.contains_key(*name)) {
            return Err(Unreadable("the JWS header has a member that is not accepted"));
        }
        Ok(read)
    }

    /// The header's members.
    pub(crate) fn header(&self) -> &Map<String, Value> {
        &self.header
    }

    /// A member of the header that is text, where it is there.
    pub(crate) fn text(&self, name: &str) -> Result<Option<&str>, Unreadable> {
        match self.header.get(name) {
            None => Ok(None),
            Some(Value::String(text)) if text.len() <= MAX_NAME => Ok(Some(text)),
            Some(_) => Err(Unreadable("a member of the JWS header cannot be read")),
        }
    }

    /// Holds `typ` against the types that are accepted, None standing for its absence. They are
    /// compared without regard to case or to a leading `application/` (RFC 7515, section 4.1.9).
    pub(crate) fn check_type(&self, accepted: &[Option<&str>]) -> Result<(), Unreadable> {
        let given = self.text("typ")?;
        if !accepted.iter().any(|accepted| same_type(*accepted, given)) {
            return Err(Unreadable("the JWS is of another type"));
        }
        Ok(())
    }

    /// The payload, once `verify` has held what was signed against the signature; in this order.
    pub(crate) fn verified<E: From<Unreadable>>(
        &self,
        verify: impl FnOnce(&[u8], &[u8]) -> Result<(), E>,
    ) -> Result<Map<String, Value>, E> {
        verify(self.signed.as_bytes(), &decode_part(self.signature)?)?;
        Ok(self.claimed()?)
    }

    /// The payload without any verification: to find a key by, or for people to look at.
    pub(crate) fn claimed(&self) -> Result<Map<String, Value>, Unreadable> {
        read_object(self.payload)
    }
}

/// What a key's signatures are called in a header (RFC 7518, section 3.1; RFC 8037, section 3.1).
pub(crate) fn algorithm_name(algorithm: Algorithm) -> Result<&'static str, KeyError> {
    match algorithm {
        Algorithm::EcdsaP256Sha256 => Ok("ES256"),
        Algorithm::Ed25519 => Ok("EdDSA"),
        Algorithm::HmacSha256 | Algorithm::Eip191Secp256k1 => Err(KeyError::Unsupported),
    }
}

/// Puts a token together.
pub(crate) fn write(
    key: &SigningKey,
    header: &Value,
    claims: &impl Serialize,
) -> Result<String, KeyError> {
    let claims = serde_json::to_string(claims).map_err(|_| KeyError::Failed)?;
    let mut token = base64url::encode(header.to_string().as_bytes());
    token.push('.');
    token.push_str(&base64url::encode(claims.as_bytes()));
    let signature = key.sign(token.as_bytes())?;
    token.push('.');
    token.push_str(&base64url::encode(&signature));
    Ok(token)
}

fn read_object(part: &str) -> Result<Map<String, Value>, Unreadable> {
    let object = json::object(&decode_part(part)?);
    object.ok_or(Unreadable("a part of the JWS is not one JSON object"))
}

fn decode_part(part: &str) -> Result<Vec<u8>, Unreadable> {
    base64url::decode(part).ok_or(Unreadable("a part of the JWS is not canonical base64url"))
}

fn same_type(accepted: Option<&str>, given: Option<&str>) -> bool {
    let (Some(accepted), Some(given)) = (accepted, given) else {
        return accepted.is_none() && given.is_none();
    };
    let prefix = "application/";
    let bare = match given.split_at_checked(prefix.len()) {
        Some((start, rest)) if start.eq_ignore_ascii_case(prefix) => rest,
        _ => given,
    };
    bare.eq_ignore_ascii_case(accepted)
}
