//! The keys of passkeys (RFC 9052, section 7; RFC 9053, section 7; RFC 8230, section 4).

use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1, ED25519, ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256,
    RsaPublicKeyComponents,
};

use super::cbor::Reader;
use super::refused::Refused;
use crate::keys::PublicKey;

/// The longest key, in bytes: one of RSA with 8192 bits.
const MAX_BYTES: usize = 1_100;

/// How long a modulus is, in bytes.
const RSA_BYTES: std::ops::RangeInclusive<usize> = 256..=1_024;

/// A key, pinned to its algorithm: `ES256`, `EdDSA` with Ed25519, or `RS256`.
pub(super) struct CoseKey(ParsedPublicKey);

/// The members of a key that are used here, by their labels.
#[derive(Default)]
struct Members<'a> {
    kty: Option<i64>,
    alg: Option<i64>,
    crv: Option<i64>,
    first: Option<&'a [u8]>,
    second: Option<&'a [u8]>,
    third: Option<&'a [u8]>,
}

impl CoseKey {
    /// Reads a key and nothing after it.
    pub(super) fn read(bytes: &[u8]) -> Result<Self, Refused> {
        let mut reader = Reader::new(bytes);
        let key = Self::read_from(&mut reader)?;
        reader.end()?;
        Ok(key)
    }

    /// Reads a key at the front of what is left.
    pub(super) fn read_from(reader: &mut Reader<'_>) -> Result<Self, Refused> {
        let whole = reader.rest();
        let members = Members::read(reader)?;
        if whole.len().saturating_sub(reader.rest().len()) > MAX_BYTES {
            return Err(Refused::Key("it is longer than any"));
        }
        match (members.kty, members.alg) {
            (Some(2), Some(-7)) => members.p256(),
            (Some(1), Some(-8)) => members.ed25519(),
            (Some(3), Some(-257)) => members.rsa(),
            _ => Err(Refused::Key("its algorithm is not ES256, EdDSA or RS256")),
        }
    }

    /// Whether a signature is this key's. Those of ES256 are in ASN.1 (Web Authentication,
    /// section 6.5.5).
    pub(super) fn verify(&self, message: &[u8], signature: &[u8]) -> Result<(), Refused> {
        self.0.verify_sig(message, signature).map_err(|_| Refused::Signature)
    }
}

impl<'a> Members<'a> {
    fn read(reader: &mut Reader<'a>) -> Result<Self, Refused> {
        let mut members = Self::default();
        for _ in 0..reader.map()? {
            let label = reader.int()?;
            // The first parameter is a curve, except for RSA, where it is the modulus.
            let twice = match (label, members.kty) {
                (1, _) => members.kty.replace(reader.int()?).is_some(),
                (3, _) => members.alg.replace(reader.int()?).is_some(),
                (-1, Some(3)) => members.first.replace(reader.bytes()?).is_some(),
                (-1, Some(_)) => members.crv.replace(reader.int()?).is_some(),
                (-2, _) => members.second.replace(reader.bytes()?).is_some(),
                (-3, _) => members.third.replace(reader.bytes()?).is_some(),
                _ => return Err(Refused::Key("it has a member that no key here has")),
            };
            if twice {
                return Err(Refused::Key("a member is there twice"));
            }
        }
        Ok(members)
    }

    fn p256(&self) -> Result<CoseKey, Refused> {
        let (Some(1), Some(x), Some(y), None) = (self.crv, self.second, self.third, self.first)
        else {
            return Err(Refused::Key("an ES256 key has crv 1, x and y"));
        };
        if x.len() != 32 || y.len() != 32 {
            return Err(Refused::Key("a coordinate of P-256 has 32 bytes"));
        }
        let point = [&[4], x, y].concat();
        let parsed = ParsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, point);
        parsed.map(CoseKey).map_err(|_| Refused::Key("it is no point of P-256"))
    }

    fn ed25519(&self) -> Result<CoseKey, Refused> {
        let (Some(6), Some(x), None, None) = (self.crv, self.second, self.third, self.first) else {
            return Err(Refused::Key("an EdDSA key has crv 6 and x"));
        };
        let point: [u8; 32] =
            x.try_into().map_err(|_| Refused::Key("a point of Ed25519 has 32 bytes"))?;
        PublicKey::ed25519(&point).map_err(|_| Refused::Key("it is no point of Ed25519"))?;
        let parsed = ParsedPublicKey::new(&ED25519, point);
        parsed.map(CoseKey).map_err(|_| Refused::Key("it is no point of Ed25519"))
    }

    fn rsa(&self) -> Result<CoseKey, Refused> {
        let (Some(n), Some(e), None, None) = (self.first, self.second, self.third, self.crv) else {
            return Err(Refused::Key("an RS256 key has n and e"));
        };
        if n.first() == Some(&0) || e != [1, 0, 1] {
            return Err(Refused::Key("n begins with zeros, or e is not 65537"));
        }
        if !RSA_BYTES.contains(&n.len()) || (n.len() == 256 && n.first() < Some(&128)) {
            return Err(Refused::Key("an RSA key has 2048 to 8192 bits"));
        }
        let parts = RsaPublicKeyComponents { n, e };
        let parsed = parts.to_parsed_public_key(&RSA_PKCS1_2048_8192_SHA256);
        parsed.map(CoseKey).map_err(|_| Refused::Key("n and e are no key"))
    }
}
