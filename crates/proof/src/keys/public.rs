//! Public keys: Ed25519 (RFC 8037) and P-256 (RFC 7518, section 6.2).

use std::fmt;

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED, ED25519, ParsedPublicKey};
use bailiwick_domain::credential::Algorithm;
use bailiwick_domain::denial::Denial;
use serde_json::{Map, Value};

use super::jwk::Members;
use super::refused::KeyError;
use crate::base64url;

/// A public key, parsed once so that a verification pays for nothing but the mathematics.
#[derive(Clone)]
pub struct PublicKey {
    algorithm: Algorithm,
    parsed: ParsedPublicKey,
    point: Box<[u8]>,
    thumbprint: Box<str>,
}

impl PublicKey {
    /// Reads a public JWK (RFC 7517; RFC 8037 for Ed25519). Refused are private members, another
    /// kind of key, coordinates that are not canonical base64url of the exact length, a point that
    /// is not on the curve P-256, and Ed25519 points of small order, under which a signature fits
    /// messages it was never made for. An Ed25519 text that stands for no point at all is taken,
    /// and verifies nothing.
    pub fn from_jwk(text: &str) -> Result<Self, KeyError> {
        let members = Members::read(text)?;
        members.refuse_private()?;
        Self::from_members(&members, "verify")
    }

    /// As [`Self::from_jwk`], of a JWK that is a part of something larger, which bounded it.
    pub(crate) fn from_object(jwk: Map<String, Value>) -> Result<Self, KeyError> {
        let members = Members::from(jwk);
        members.refuse_private()?;
        Self::from_members(&members, "verify")
    }

    /// The public part of a JWK that may carry a private one.
    pub(super) fn from_members(members: &Members, operation: &str) -> Result<Self, KeyError> {
        let kty = members.text("kty")?;
        if !matches!(kty, "OKP" | "EC") {
            return Err(KeyError::Unsupported);
        }
        match (kty, members.text("crv")?) {
            ("OKP", "Ed25519") => {
                members.check_purpose(&["EdDSA", "Ed25519"], operation)?;
                Self::ed25519(&*members.bytes("x")?)
            }
            ("EC", "P-256") => {
                members.check_purpose(&["ES256"], operation)?;
                Self::p256(&*members.bytes("x")?, &*members.bytes("y")?)
            }
            _ => Err(KeyError::Unsupported),
        }
    }

    pub(crate) fn ed25519(point: &[u8; 32]) -> Result<Self, KeyError> {
        if !is_canonical(point) {
            return Err(KeyError::Malformed("x is not a canonical point"));
        }
        if is_of_small_order(point) {
            return Err(KeyError::Weak("its point has a small order"));
        }
        let parsed = ParsedPublicKey::new(&ED25519, point)
            .map_err(|_| KeyError::Malformed("x is not a point of the curve"))?;
        Ok(Self::new(Algorithm::Ed25519, parsed, point))
    }

    pub(super) fn p256(x: &[u8; 32], y: &[u8; 32]) -> Result<Self, KeyError> {
        let point = [&[4], x.as_slice(), y.as_slice()].concat();
        let parsed = ParsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point)
            .map_err(|_| KeyError::Malformed("x and y are not a point of the curve"))?;
        Ok(Self::new(Algorithm::EcdsaP256Sha256, parsed, &[*x, *y].concat()))
    }

    fn new(algorithm: Algorithm, parsed: ParsedPublicKey, point: &[u8]) -> Self {
        let hash = digest(&SHA256, jwk(algorithm, point).as_bytes());
        let thumbprint = base64url::encode(hash.as_ref()).into();
        Self { algorithm, parsed, point: point.into(), thumbprint }
    }

    /// The one algorithm of the key.
    pub fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// The JWK thumbprint: base64url of its SHA-256 (RFC 7638).
    pub fn thumbprint(&self) -> &str {
        &self.thumbprint
    }

    /// The JWK: the required members only, sorted (RFC 7638, section 3.2).
    pub fn to_jwk(&self) -> String {
        jwk(self.algorithm, &self.point)
    }

    /// Whether `signature` is this key's over `message`: 64 bytes, for ECDSA r and s side by side
    /// (RFC 9421, section 3.3.4; RFC 7518, section 3.4).
    pub fn verify(&self, message: &[u8], signature: &[u8]) -> Result<(), Denial> {
        self.parsed.verify_sig(message, signature).map_err(|_| Denial::SignatureInvalid)
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PublicKey({} {})", self.algorithm.as_str(), self.thumbprint)
    }
}

impl PartialEq for PublicKey {
    fn eq(&self, other: &Self) -> bool {
        self.algorithm == other.algorithm && self.point == other.point
    }
}

impl Eq for PublicKey {}

/// A point of Ed25519, or the two coordinates of P-256 one after the other, as a JWK.
fn jwk(algorithm: Algorithm, point: &[u8]) -> String {
    if algorithm == Algorithm::Ed25519 {
        let x = base64url::encode(point);
        return format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{x}"}}"#);
    }
    let (x, y) = point.split_at(point.len() / 2);
    let (x, y) = (base64url::encode(x), base64url::encode(y));
    format!(r#"{{"crv":"P-256","kty":"EC","x":"{x}","y":"{y}"}}"#)
}

/// Whether the y coordinate is below the field's prime 2^255 - 19 (RFC 8032, section 5.1.3).
fn is_canonical(point: &[u8; 32]) -> bool {
    let [low, middle @ .., high] = point;
    let above = *low >= 0xed && middle.iter().all(|byte| *byte == 0xff) && high & 0x7f == 0x7f;
    !above
}

/// Whether eight times the point is the neutral element. The canonical y coordinates of these
/// points are 0, 1, -1 and the two of order eight; the sign of x does not matter.
fn is_of_small_order(point: &[u8; 32]) -> bool {
    const ORDER_EIGHT: [u8; 32] = [
        0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0, 0x45, 0xc3, 0xf4, 0x89, 0xf2, 0xef, 0x98,
        0xf0, 0xd5, 0xdf, 0xac, 0x05, 0xd3, 0xc6, 0x33, 0x39, 0xb1, 0x38, 0x02, 0x88, 0x6d, 0x53,
        0xfc, 0x05,
    ];
    const ITS_NEGATIVE: [u8; 32] = [
        0xc7, 0x17, 0x6a, 0x70, 0x3d, 0x4d, 0xd8, 0x4f, 0xba, 0x3c, 0x0b, 0x76, 0x0d, 0x10, 0x67,
        0x0f, 0x2a, 0x20, 0x53, 0xfa, 0x2c, 0x39, 0xcc, 0xc6, 0x4e, 0xc7, 0xfd, 0x77, 0x92, 0xac,
        0x03, 0x7a,
    ];
    let mut unsigned = *point;
    if let Some(high) = unsigned.last_mut() {
        *high &= 0x7f;
    }
    let [low, middle @ .., high] = &unsigned;
    let zero_or_one = *low <= 1 && *high == 0 && middle.iter().all(|byte| *byte == 0);
    let minus_one = *low == 0xec && *high == 0x7f && middle.iter().all(|byte| *byte == 0xff);
    zero_or_one || minus_one || unsigned == ORDER_EIGHT || unsigned == ITS_NEGATIVE
}
