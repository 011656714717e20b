//! Keys that sign: the client's, and the authority's own.

use std::fmt;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _,
};
use bailiwick_domain::credential::Algorithm;
use bailiwick_domain::entropy::Entropy;
use zeroize::Zeroizing;

use super::jwk::Members;
use super::mac::MacKey;
use super::public::PublicKey;
use super::refused::KeyError;
use super::verifier::Verifier;
use crate::base64url;

/// How many scalars are drawn before giving up; fewer than one in 2^32 is not below the order.
const DRAWS: usize = 8;

/// A key that signs, with the part that verifies. Never printed, and erased when dropped.
pub struct SigningKey {
    secret: Zeroizing<Vec<u8>>,
    pair: Pair,
}

enum Pair {
    Ed25519(Ed25519KeyPair, PublicKey),
    P256(EcdsaKeyPair, PublicKey),
    Mac(MacKey),
}

impl SigningKey {
    /// A fresh key. All of it comes from `entropy`; ECDSA signatures made with it later take their
    /// nonces from the cryptographic library's own generator.
    pub fn generate(algorithm: Algorithm, entropy: &Entropy) -> Result<Self, KeyError> {
        let draw = || Zeroizing::new(entropy.bytes::<32>());
        match algorithm {
            Algorithm::Ed25519 => Self::ed25519(&draw()),
            Algorithm::EcdsaP256Sha256 => {
                let made = (0..DRAWS).find_map(|_| Self::p256(&draw()).ok());
                made.ok_or(KeyError::Failed)
            }
            Algorithm::HmacSha256 => Self::mac(&*draw()),
        }
    }

    /// Reads a private JWK (RFC 7517; RFC 8037) or a secret one (`kty` `oct`). The public part has
    /// to be there and to be the private part's own.
    pub fn from_jwk(text: &str) -> Result<Self, KeyError> {
        let members = Members::read(text)?;
        if members.text("kty")? == "oct" {
            members.check_purpose(&["HS256"], "sign")?;
            return Self::mac(&members.secret("k")?);
        }
        let public = PublicKey::from_members(&members, "sign")?;
        let made = match public.algorithm() {
            Algorithm::Ed25519 => Self::ed25519(&*members.bytes("d")?)?,
            Algorithm::EcdsaP256Sha256 => Self::p256(&*members.bytes("d")?)?,
            Algorithm::HmacSha256 => return Err(KeyError::Unsupported),
        };
        if made.public() != Some(&public) {
            return Err(KeyError::Malformed("the public part is not the private part's own"));
        }
        Ok(made)
    }

    fn ed25519(seed: &[u8; 32]) -> Result<Self, KeyError> {
        let pair = Ed25519KeyPair::from_seed_unchecked(seed).map_err(|_| KeyError::Failed)?;
        let point = pair.public_key().as_ref().try_into().map_err(|_| KeyError::Failed)?;
        let public = PublicKey::ed25519(point)?;
        Ok(Self { secret: Zeroizing::new(seed.to_vec()), pair: Pair::Ed25519(pair, public) })
    }

    fn p256(scalar: &[u8; 32]) -> Result<Self, KeyError> {
        let der = sec1(scalar);
        let pair = EcdsaKeyPair::from_private_key_der(&ECDSA_P256_SHA256_FIXED_SIGNING, &der)
            .map_err(|_| KeyError::Malformed("d is not a private key of the curve"))?;
        let point = pair.public_key().as_ref().split_at_checked(1).map(|(_, rest)| rest);
        let (x, y) = point.and_then(|rest| rest.split_at_checked(32)).ok_or(KeyError::Failed)?;
        let x = x.try_into().map_err(|_| KeyError::Failed)?;
        let y = y.try_into().map_err(|_| KeyError::Failed)?;
        let public = PublicKey::p256(x, y)?;
        Ok(Self { secret: Zeroizing::new(scalar.to_vec()), pair: Pair::P256(pair, public) })
    }

    fn mac(secret: &[u8]) -> Result<Self, KeyError> {
        let key = MacKey::new(secret)?;
        Ok(Self { secret: Zeroizing::new(secret.to_vec()), pair: Pair::Mac(key) })
    }

    /// The private JWK, or for a shared secret the `oct` one. Whoever reads it can sign.
    pub fn to_jwk(&self) -> Zeroizing<String> {
        let secret = Zeroizing::new(base64url::encode(&self.secret));
        Zeroizing::new(match self.public().map(PublicKey::to_jwk) {
            None => format!(r#"{{"alg":"HS256","k":"{}","kty":"oct"}}"#, *secret),
            Some(public) => match public.split_once(r#","kty""#) {
                Some((crv, rest)) => format!(r#"{crv},"d":"{}","kty"{rest}"#, *secret),
                None => public,
            },
        })
    }

    /// The public part; a shared secret has none.
    pub fn public(&self) -> Option<&PublicKey> {
        match &self.pair {
            Pair::Ed25519(_, public) | Pair::P256(_, public) => Some(public),
            Pair::Mac(_) => None,
        }
    }

    /// What verifies this key's signatures.
    pub fn verifier(&self) -> Verifier {
        match &self.pair {
            Pair::Ed25519(_, public) | Pair::P256(_, public) => Verifier::Public(public.clone()),
            Pair::Mac(key) => Verifier::Mac(key.clone()),
        }
    }

    /// The one algorithm of the key.
    pub fn algorithm(&self) -> Algorithm {
        self.public().map_or(Algorithm::HmacSha256, PublicKey::algorithm)
    }

    /// The thumbprint of the part that verifies.
    pub fn thumbprint(&self) -> &str {
        match &self.pair {
            Pair::Ed25519(_, public) | Pair::P256(_, public) => public.thumbprint(),
            Pair::Mac(key) => key.thumbprint(),
        }
    }

    /// The secret bytes: seed, scalar or shared secret.
    pub fn secret(&self) -> &[u8] {
        &self.secret
    }

    /// A signature over `message` (RFC 9421, section 3.3; RFC 7518, section 3.4).
    pub fn sign(&self, message: &[u8]) -> Result<Vec<u8>, KeyError> {
        let signature = match &self.pair {
            Pair::Ed25519(pair, _) => pair.try_sign(message),
            Pair::P256(pair, _) => pair.sign(&SystemRandom::new(), message),
            Pair::Mac(key) => return Ok(key.sign(message)),
        };
        signature.map(|it| it.as_ref().to_vec()).map_err(|_| KeyError::Failed)
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SigningKey({} {})", self.algorithm().as_str(), self.thumbprint())
    }
}

/// An `ECPrivateKey` of P-256 without its optional public part (RFC 5915, section 3).
fn sec1(scalar: &[u8; 32]) -> Zeroizing<Vec<u8>> {
    const HEAD: [u8; 7] = [0x30, 0x31, 0x02, 0x01, 0x01, 0x04, 0x20];
    const CURVE: [u8; 12] =
        [0xa0, 0x0a, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07];
    Zeroizing::new([HEAD.as_slice(), scalar.as_slice(), CURVE.as_slice()].concat())
}
