//! One key of another issuer.

use std::fmt;

use aws_lc_rs::signature::{ParsedPublicKey, RsaPublicKeyComponents};
use bailiwick_domain::denial::Denial;

use super::algorithm::{IssuerAlgorithm, Scheme};
use crate::keys::PublicKey;
use crate::keys::jwk::Members;
use crate::keys::refused::KeyError;

/// The longest `kid`, in bytes: as long as a token's header may write it.
const MAX_KID: usize = 256;

/// A key that only verifies, by the algorithms it is pinned to and no others.
#[derive(Clone)]
pub struct IssuerKey {
    kid: Option<Box<str>>,
    /// Parsed once for each algorithm, so that a verification pays for nothing but the mathematics.
    parsed: Box<[(IssuerAlgorithm, ParsedPublicKey)]>,
}

impl IssuerKey {
    /// Reads a public JWK. One with `alg` verifies by that algorithm alone; one without by what its
    /// curve allows, or for RSA by what `rsa` lists (RFC 8725, section 3.1). Refused are curves and
    /// kinds that are not on the list, RSA keys of less than 2048 or more than 8192 bits, and RSA
    /// exponents that are even, below 2^16 or beyond 32 bits (FIPS 186-5, appendix A.1.1).
    pub(super) fn from_members(
        members: &Members,
        rsa: &[IssuerAlgorithm],
    ) -> Result<Self, KeyError> {
        let kid = members.has("kid").then(|| members.text("kid")).transpose()?;
        if kid.is_some_and(|kid| kid.is_empty() || kid.len() > MAX_KID) {
            return Err(KeyError::Malformed("kid is empty or longer than 256 bytes"));
        }
        let named = members.has("alg").then(|| members.text("alg")).transpose()?;
        let parsed = match members.text("kty")? {
            "RSA" => Self::rsa(members, named, rsa)?,
            "EC" | "OKP" => vec![Self::on_curve(members, named)?],
            _ => return Err(KeyError::Unsupported),
        };
        members.check_use("verify")?;
        Ok(Self { kid: kid.map(Box::from), parsed: parsed.into() })
    }

    fn rsa(
        members: &Members,
        named: Option<&str>,
        allowed: &[IssuerAlgorithm],
    ) -> Result<Vec<(IssuerAlgorithm, ParsedPublicKey)>, KeyError> {
        let pinned = match named {
            None => allowed.to_vec(),
            Some(name) => vec![IssuerAlgorithm::from_name(name).ok_or(KeyError::Unsupported)?],
        };
        let (n, e) = (members.secret("n")?, members.secret("e")?);
        check_rsa(&n, &e)?;
        let components = RsaPublicKeyComponents { n: n.as_slice(), e: e.as_slice() };
        let mut parsed = Vec::with_capacity(pinned.len());
        for algorithm in pinned {
            let Scheme::Rsa(parameters) = algorithm.scheme() else { continue };
            let key = components.to_parsed_public_key(parameters);
            let key = key.map_err(|_| KeyError::Malformed("n and e are not a public key"))?;
            parsed.push((algorithm, key));
        }
        if parsed.is_empty() { Err(KeyError::Unsupported) } else { Ok(parsed) }
    }

    fn on_curve(
        members: &Members,
        named: Option<&str>,
    ) -> Result<(IssuerAlgorithm, ParsedPublicKey), KeyError> {
        let (algorithm, point) = match (members.text("kty")?, members.text("crv")?) {
            ("EC", "P-256") => (IssuerAlgorithm::Es256, point::<32>(members)?),
            ("EC", "P-384") => (IssuerAlgorithm::Es384, point::<48>(members)?),
            ("EC", "P-521") => (IssuerAlgorithm::Es512, point::<66>(members)?),
            ("OKP", "Ed25519") => {
                let point = members.bytes::<32>("x")?;
                PublicKey::ed25519(&point)?;
                (IssuerAlgorithm::Ed25519, point.to_vec())
            }
            _ => return Err(KeyError::Unsupported),
        };
        if named.is_some_and(|name| IssuerAlgorithm::from_name(name) != Some(algorithm)) {
            return Err(KeyError::Malformed("alg is not the one of this key"));
        }
        let Scheme::Curve(scheme) = algorithm.scheme() else { return Err(KeyError::Unsupported) };
        let parsed = ParsedPublicKey::new(scheme, point)
            .map_err(|_| KeyError::Malformed("the coordinates are not a point of the curve"))?;
        Ok((algorithm, parsed))
    }

    /// The name that tokens know it by.
    pub fn kid(&self) -> Option<&str> {
        self.kid.as_deref()
    }

    /// Whether `signature` is this key's over `message` by `algorithm`, which has to be one that
    /// the key is pinned to.
    pub fn verify(
        &self,
        algorithm: IssuerAlgorithm,
        message: &[u8],
        signature: &[u8],
    ) -> Result<(), Denial> {
        let parsed = self.parsed.iter().find(|(pinned, _)| *pinned == algorithm);
        let (_, parsed) = parsed.ok_or(Denial::SignatureInvalid)?;
        parsed.verify_sig(message, signature).map_err(|_| Denial::SignatureInvalid)
    }
}

impl fmt::Debug for IssuerKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let algorithms = self.parsed.iter().map(|(algorithm, _)| *algorithm);
        write!(f, "IssuerKey({:?} {:?})", self.kid, algorithms.collect::<Vec<_>>())
    }
}

/// The coordinates of `N` bytes each, as an uncompressed point (SEC 1, section 2.3.3).
fn point<const N: usize>(members: &Members) -> Result<Vec<u8>, KeyError> {
    let (x, y) = (members.bytes::<N>("x")?, members.bytes::<N>("y")?);
    Ok([&[4], x.as_slice(), y.as_slice()].concat())
}

fn check_rsa(n: &[u8], e: &[u8]) -> Result<(), KeyError> {
    let odd = |number: &[u8]| number.last().is_some_and(|low| low % 2 == 1);
    let shortest = |number: &[u8]| number.first().is_some_and(|high| *high != 0);
    if !(shortest(n) && shortest(e)) {
        return Err(KeyError::Malformed("n or e begins with zeros"));
    }
    let high = n.first().map_or(0, |high| usize::try_from(high.leading_zeros()).unwrap_or(8));
    if !(2_048..=8_192).contains(&(n.len().saturating_mul(8).saturating_sub(high))) {
        return Err(KeyError::Weak("an RSA key has 2048 to 8192 bits"));
    }
    if !(odd(n) && odd(e) && (3..=4).contains(&e.len())) {
        return Err(KeyError::Weak("n is even, or e is not an odd number from 2^16 to 2^32"));
    }
    Ok(())
}
