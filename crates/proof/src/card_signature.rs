//! Whether the card of an agent of A2A is signed by somebody whose key an operator pinned (A2A 1.0,
//! section 8.4): a JWS (RFC 7515) whose payload is not written beside it.
//!
//! The key is one of those pinned, found by `kid` alone, and its algorithm is the key's. Where a
//! header says that a key is to be found (`jku`, `x5u`), or brings one (`jwk`, `x5c`), it is not
//! read: a card that names its own keys proves nothing.

use serde_json::{Map, Value};

use crate::keys::{Bounds, IssuerAlgorithm, IssuerKeys, KeyError};
use crate::{base64url, json};

/// The longest key set, in bytes.
pub const MAX_SET_BYTES: usize = 64 * 1024;
/// The most signatures of one card that are looked at.
pub const MAX_SIGNATURES: usize = 8;
/// The most keys of one set.
const MAX_KEYS: usize = 32;
/// The longest protected header, as it is written.
const MAX_HEADER: usize = 4 * 1024;
/// The longest signature, as it is written: of RSA with 8192 bits, 1024 bytes.
const MAX_SIGNATURE: usize = 1_368;
/// The longest `kid`, in bytes.
const MAX_KID: usize = 256;

/// The keys that an operator takes cards from.
#[derive(Debug, Clone)]
pub struct CardKeys(IssuerKeys);

/// Why a card is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unverified {
    /// Keys are pinned, and nothing signs it.
    #[error("the card is not signed, and only one is taken that a pinned key signs")]
    Unsigned,
    /// It is signed, and no keys are pinned.
    #[error("the card is signed, and no keys are pinned that it could be checked with")]
    Unpinned,
    /// No signature names a key that is pinned.
    #[error("no signature of the card is by a pinned key")]
    Unknown,
    /// A signature names a pinned key, and is not this key's over this card.
    #[error("the signature of the card is not that of the pinned key it names")]
    Wrong,
    /// No signature can be read; why, of the first of them.
    #[error("no signature of the card can be read: {0}")]
    Malformed(&'static str),
}

impl CardKeys {
    /// Reads a JWK Set of at most 32 public keys (RFC 7517, section 5). Keys of a kind or size that
    /// is not used here are passed over; refused is a set in which no key is left that has a `kid`,
    /// by which a card would name it. A key of RSA without `alg` verifies `RS256` alone.
    pub fn read(text: &str) -> Result<Self, KeyError> {
        let bounds =
            Bounds { max_bytes: MAX_SET_BYTES, max_keys: MAX_KEYS, rsa: &[IssuerAlgorithm::Rs256] };
        let keys = IssuerKeys::from_jwks(text, &bounds)?;
        let is_named = keys.names().next().is_some();
        let unnamed = KeyError::Malformed("the key set has no usable key with a kid");
        if is_named { Ok(Self(keys)) } else { Err(unnamed) }
    }

    /// Whether any of the signatures, each its protected header and the signature as they are
    /// written, is by one of these keys over this text. At most [`MAX_SIGNATURES`] are looked at.
    fn verify<'a>(
        &self,
        canonical: &str,
        signatures: impl Iterator<Item = (&'a str, &'a str)>,
    ) -> Result<(), Unverified> {
        let payload = base64url::encode(canonical.as_bytes());
        let mut worst = Unverified::Unsigned;
        for (protected, signature) in signatures.take(MAX_SIGNATURES) {
            match self.verify_one(protected, &payload, signature) {
                Ok(()) => return Ok(()),
                // What is said is what is nearest to a signature that would have been enough.
                Err(Unverified::Wrong) => worst = Unverified::Wrong,
                Err(found) if worst == Unverified::Unsigned => worst = found,
                Err(_) => {}
            }
        }
        Err(worst)
    }

    fn verify_one(
        &self,
        protected: &str,
        payload: &str,
        signature: &str,
    ) -> Result<(), Unverified> {
        if protected.len() > MAX_HEADER || signature.len() > MAX_SIGNATURE {
            return Err(Unverified::Malformed("it is too long"));
        }
        let header = base64url::decode(protected).and_then(|bytes| json::object(&bytes));
        let header = header.ok_or(Unverified::Malformed("its header is not one JSON object"))?;
        let (algorithm, kid) = read_header(&header)?;
        let key = self.0.find(Some(kid)).ok_or(Unverified::Unknown)?;
        let signature = base64url::decode(signature);
        let signature = signature.ok_or(Unverified::Malformed("it is not canonical base64url"))?;
        let signed = format!("{protected}.{payload}");
        key.verify(algorithm, signed.as_bytes(), &signature).map_err(|_| Unverified::Wrong)
    }
}

/// Whether a card may be taken. Where keys are pinned it has to be signed by one of them; where
/// none are, it has not to be signed, since what cannot be checked is not taken for what it claims.
/// `canonical` is what is signed, and `signatures` are the protected header and the signature of
/// each, as they are written.
pub fn check<'a>(
    keys: Option<&CardKeys>,
    canonical: &str,
    signatures: impl Iterator<Item = (&'a str, &'a str)>,
) -> Result<(), Unverified> {
    let mut signatures = signatures.peekable();
    match keys {
        Some(keys) => keys.verify(canonical, signatures),
        None if signatures.peek().is_some() => Err(Unverified::Unpinned),
        None => Ok(()),
    }
}

/// The algorithm and the name of the key. Nothing may change what is signed (RFC 7515, section
/// 4.1.11; RFC 7797), since no extension is understood here.
fn read_header(header: &Map<String, Value>) -> Result<(IssuerAlgorithm, &str), Unverified> {
    if ["crit", "b64"].iter().any(|name| header.contains_key(*name)) {
        return Err(Unverified::Malformed("its header asks for more than is understood"));
    }
    let text = |name: &str| header.get(name).and_then(Value::as_str);
    if header.contains_key("typ") && text("typ").is_none_or(|typ| !typ.eq_ignore_ascii_case("JOSE"))
    {
        return Err(Unverified::Malformed("it is of another type"));
    }
    let algorithm = text("alg").and_then(IssuerAlgorithm::from_name);
    let algorithm = algorithm.ok_or(Unverified::Malformed("its algorithm is not one used here"))?;
    let kid = text("kid").filter(|kid| (1..=MAX_KID).contains(&kid.len()));
    let kid = kid.ok_or(Unverified::Malformed("it names no key"))?;
    Ok((algorithm, kid))
}
