//! This product's own tokens: ES256 and Ed25519 only, under keys that are known beforehand.

use bailiwick_domain::credential::Algorithm;
use bailiwick_domain::denial::Denial;
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::compact::{Compact, Unreadable, algorithm_name, write};
use crate::keys::{KeyError, PublicKey, SigningKey};

/// What a token's header says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    /// The algorithm, one of `ES256`, `EdDSA` and `Ed25519`.
    pub alg: String,
    /// The name of the key.
    pub kid: Option<String>,
    /// The media type.
    pub typ: Option<String>,
}

/// A token taken apart and not verified: for people to look at.
#[derive(Debug, Clone, PartialEq)]
pub struct Decoded {
    /// The header.
    pub header: Value,
    /// The payload.
    pub payload: Value,
}

/// Signs claims. The header is `alg`, the key's thumbprint as `kid`, and `typ`.
pub fn sign(key: &SigningKey, typ: &str, claims: &impl Serialize) -> Result<String, KeyError> {
    let alg = algorithm_name(key.algorithm())?;
    write(key, &json!({"alg": alg, "kid": key.thumbprint(), "typ": typ}), claims)
}

/// The header of a token that is well formed, to find its key by. Nothing is verified.
pub fn header(token: &str) -> Result<Header, Denial> {
    Ok(read_header(&Compact::read(token)?)?)
}

/// The claims of a token that verifies under the key that `find` gives for its header. `typ` lists
/// the types that are accepted, None standing for its absence; they are compared without regard to
/// case or to a leading `application/` (RFC 7515, section 4.1.9).
pub fn verify<'k>(
    token: &str,
    typ: &[Option<&str>],
    find: impl FnOnce(&Header) -> Option<&'k PublicKey>,
) -> Result<Map<String, Value>, Denial> {
    let compact = Compact::read(token)?;
    let header = read_header(&compact)?;
    compact.check_type(typ)?;
    let key = find(&header).ok_or(Denial::TokenInvalid("the token's key is not known here"))?;
    let algorithm = match header.alg.as_str() {
        "ES256" => Algorithm::EcdsaP256Sha256,
        _ => Algorithm::Ed25519,
    };
    if key.algorithm() != algorithm {
        return Err(Denial::TokenInvalid("the token names another algorithm than its key's"));
    }
    compact.verified(|signed, signature| {
        let verified = key.verify(signed, signature);
        verified.map_err(|_| Denial::TokenInvalid("the token's signature does not verify"))
    })
}

/// Takes a token apart without verifying it.
pub fn decode(token: &str) -> Result<Decoded, Denial> {
    let compact = Compact::split(token)?;
    let payload = Value::Object(compact.claimed()?);
    Ok(Decoded { header: Value::Object(compact.header().clone()), payload })
}

fn read_header(compact: &Compact<'_>) -> Result<Header, Unreadable> {
    if compact.header().contains_key("jwk") {
        return Err(Unreadable("the JWS header has a member that is not accepted"));
    }
    let alg = compact.text("alg")?.filter(|alg| matches!(*alg, "ES256" | "EdDSA" | "Ed25519"));
    let alg = alg.ok_or(Unreadable("the algorithm of the JWS is not accepted"))?.to_owned();
    let [kid, typ] = [compact.text("kid")?, compact.text("typ")?].map(|it| it.map(str::to_owned));
    Ok(Header { alg, kid, typ })
}
