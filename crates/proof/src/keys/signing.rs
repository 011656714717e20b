//! Keys that sign: the client's, and the authority's own.

use std::fmt;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _,
};
use bailiwick_domain::credential::Algorithm;
use bailiwick_domain::entropy::Entropy;
use zeroize::Zeroizing;

use super::address::Address;
use super::jwk::Members;
use super::mac::MacKey;
use super::public::PublicKey;
use super::refused::KeyError;
use super::verifier::Verifier;
use super::wallet::WalletKey;
use crate::base64url;

/// How many scalars are drawn before giving up; fewer than one in 2^32 is not below the order.
const DRAWS: usize = 8;
const NOT_ITS_OWN: KeyError = KeyError::Malformed("the public part is not the private part's own");

/// A key that signs, with the part that verifies. Never printed, and erased when dropped.
pub struct SigningKey {
    secret: Zeroizing<Vec<u8>>,
    thumbprint: Box<str>,
    pair: Pair,
}

enum Pair {
    Ed25519(Ed25519KeyPair, PublicKey),
    P256(EcdsaKeyPair, PublicKey),
    Mac(MacKey),
    Wallet(WalletKey),
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
            Algorithm::Eip191Secp256k1 => {
                let made = (0..DRAWS).find_map(|_| Self::wallet(&draw()).ok());
                made.ok_or(KeyError::Failed)
            }
        }
    }

    /// Reads a private JWK (RFC 7517; RFC 8037; RFC 8812 for secp256k1) or a secret one (`kty`
    /// `oct`). The public part has to be there and to be the private part's own.
    pub fn from_jwk(text: &str) -> Result<Self, KeyError> {
        let members = Members::read(text)?;
        if members.text("kty")? == "oct" {
            members.check_purpose(&["HS256"], "sign")?;
            return Self::mac(&members.secret("k")?);
        }
        if members.text("kty")? == "EC" && members.text("crv")? == "secp256k1" {
            return Self::wallet_from(&members);
        }
        let public = PublicKey::from_members(&members, "sign")?;
        let made = match public.algorithm() {
            Algorithm::Ed25519 => Self::ed25519(&*members.bytes("d")?)?,
            Algorithm::EcdsaP256Sha256 => Self::p256(&*members.bytes("d")?)?,
            Algorithm::HmacSha256 | Algorithm::Eip191Secp256k1 => {
                return Err(KeyError::Unsupported);
            }
        };
        if made.public() == Some(&public) { Ok(made) } else { Err(NOT_ITS_OWN) }
    }

    fn wallet_from(members: &Members) -> Result<Self, KeyError> {
        members.check_purpose(&["ES256K"], "sign")?;
        let (x, y) = (members.bytes::<32>("x")?, members.bytes::<32>("y")?);
        let key = WalletKey::new(&*members.bytes("d")?)?;
        if key.point().as_slice() != [*x, *y].concat() {
            return Err(NOT_ITS_OWN);
        }
        Self::wallet(&*members.bytes("d")?)
    }

    fn wallet(scalar: &[u8; 32]) -> Result<Self, KeyError> {
        let key = WalletKey::new(scalar)?;
        let thumbprint = key.address().to_string();
        Ok(Self::new(scalar, &thumbprint, Pair::Wallet(key)))
    }

    fn new(secret: &[u8], thumbprint: &str, pair: Pair) -> Self {
        Self { secret: Zeroizing::new(secret.to_vec()), thumbprint: thumbprint.into(), pair }
    }

    fn ed25519(seed: &[u8; 32]) -> Result<Self, KeyError> {
        let pair = Ed25519KeyPair::from_seed_unchecked(seed).map_err(|_| KeyError::Failed)?;
        let point = pair.public_key().as_ref().try_into().map_err(|_| KeyError::Failed)?;
        let public = PublicKey::ed25519(point)?;
        let thumbprint = public.thumbprint().to_owned();
        Ok(Self::new(seed, &thumbprint, Pair::Ed25519(pair, public)))
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
        let thumbprint = public.thumbprint().to_owned();
        Ok(Self::new(scalar, &thumbprint, Pair::P256(pair, public)))
    }

    fn mac(secret: &[u8]) -> Result<Self, KeyError> {
        let key = MacKey::new(secret)?;
        let thumbprint = key.thumbprint().to_owned();
        Ok(Self::new(secret, &thumbprint, Pair::Mac(key)))
    }

    /// The private JWK, or for a shared secret the `oct` one. Whoever reads it can sign.
    pub fn to_jwk(&self) -> Zeroizing<String> {
        let secret = Zeroizing::new(base64url::encode(&self.secret));
        Zeroizing::new(match &self.pair {
            Pair::Mac(_) => format!(r#"{{"alg":"HS256","k":"{}","kty":"oct"}}"#, *secret),
            Pair::Wallet(key) => with_private(&wallet_jwk(key), &secret),
            Pair::Ed25519(_, public) | Pair::P256(_, public) => {
                with_private(&public.to_jwk(), &secret)
            }
        })
    }

    /// The public part. A shared secret has none; an account is known by its address.
    pub fn public(&self) -> Option<&PublicKey> {
        match &self.pair {
            Pair::Ed25519(_, public) | Pair::P256(_, public) => Some(public),
            Pair::Mac(_) | Pair::Wallet(_) => None,
        }
    }

    /// The address of the account whose key this is, if it is one.
    pub fn address(&self) -> Option<&Address> {
        match &self.pair {
            Pair::Wallet(key) => Some(key.address()),
            Pair::Ed25519(..) | Pair::P256(..) | Pair::Mac(_) => None,
        }
    }

    /// What verifies this key's signatures.
    pub fn verifier(&self) -> Verifier {
        match &self.pair {
            Pair::Ed25519(_, public) | Pair::P256(_, public) => Verifier::Public(public.clone()),
            Pair::Mac(key) => Verifier::Mac(key.clone()),
            Pair::Wallet(key) => Verifier::Wallet(*key.address()),
        }
    }

    /// The one algorithm of the key.
    pub fn algorithm(&self) -> Algorithm {
        match &self.pair {
            Pair::Ed25519(_, public) | Pair::P256(_, public) => public.algorithm(),
            Pair::Mac(_) => Algorithm::HmacSha256,
            Pair::Wallet(_) => Algorithm::Eip191Secp256k1,
        }
    }

    /// The thumbprint of the part that verifies; of an account, its address.
    pub fn thumbprint(&self) -> &str {
        &self.thumbprint
    }

    /// The secret bytes: seed, scalar or shared secret.
    pub fn secret(&self) -> &[u8] {
        &self.secret
    }

    /// A signature over `message` (RFC 9421, section 3.3; RFC 7518, section 3.4; ERC-191).
    pub fn sign(&self, message: &[u8]) -> Result<Vec<u8>, KeyError> {
        let signature = match &self.pair {
            Pair::Ed25519(pair, _) => pair.try_sign(message),
            Pair::P256(pair, _) => pair.sign(&SystemRandom::new(), message),
            Pair::Mac(key) => return Ok(key.sign(message)),
            Pair::Wallet(key) => return Ok(key.sign(message)),
        };
        signature.map(|it| it.as_ref().to_vec()).map_err(|_| KeyError::Failed)
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SigningKey({} {})", self.algorithm().as_str(), self.thumbprint())
    }
}

/// A JWK with its private member in its place among the sorted ones.
fn with_private(public: &str, secret: &str) -> String {
    match public.split_once(r#","kty""#) {
        Some((crv, rest)) => format!(r#"{crv},"d":"{secret}","kty"{rest}"#),
        None => public.to_owned(),
    }
}

/// The public JWK of an account's key (RFC 8812, section 3.1).
fn wallet_jwk(key: &WalletKey) -> String {
    let point = key.point();
    let (x, y) = point.split_at(32);
    let (x, y) = (base64url::encode(x), base64url::encode(y));
    format!(r#"{{"crv":"secp256k1","kty":"EC","x":"{x}","y":"{y}"}}"#)
}

/// An `ECPrivateKey` of P-256 without its optional public part (RFC 5915, section 3).
fn sec1(scalar: &[u8; 32]) -> Zeroizing<Vec<u8>> {
    const HEAD: [u8; 7] = [0x30, 0x31, 0x02, 0x01, 0x01, 0x04, 0x20];
    const CURVE: [u8; 12] =
        [0xa0, 0x0a, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07];
    Zeroizing::new([HEAD.as_slice(), scalar.as_slice(), CURVE.as_slice()].concat())
}
