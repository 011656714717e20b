//! Compact JSON Web Signatures (RFC 7515), read strictly: ES256 and Ed25519 only, the algorithm
//! pinned by the key (RFC 8725, sections 3.1 and 3.2), nothing in the token choosing the key but
//! its name, and no member named twice.

use bailiwick_domain::credential::Algorithm;
use bailiwick_domain::denial::Denial;
use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::keys::{KeyError, PublicKey, SigningKey};
use crate::{base64url, json};

/// The longest token read, in bytes.
pub const MAX_BYTES: usize = 16 * 1024;
/// The longest `kid` and `typ`, in bytes.
const MAX_NAME: usize = 256;

/// Header members that change what the token means or where its key comes from. `crit` is among
/// them: no extension is understood here, so none can be met (RFC 7515, section 4.1.11).
const REFUSED: [&str; 8] = ["crit", "jwk", "jku", "x5u", "x5c", "b64", "zip", "enc"];

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
    let alg = match key.algorithm() {
        Algorithm::EcdsaP256Sha256 => "ES256",
        Algorithm::Ed25519 => "EdDSA",
        Algorithm::HmacSha256 => return Err(KeyError::Unsupported),
    };
    let header = json!({"alg": alg, "kid": key.thumbprint(), "typ": typ}).to_string();
    let claims = serde_json::to_string(claims).map_err(|_| KeyError::Failed)?;
    let mut token = base64url::encode(header.as_bytes());
    token.push('.');
    token.push_str(&base64url::encode(claims.as_bytes()));
    let signature = key.sign(token.as_bytes())?;
    token.push('.');
    token.push_str(&base64url::encode(&signature));
    Ok(token)
}

/// The header of a token that is well formed, to find its key by. Nothing is verified.
pub fn header(token: &str) -> Result<Header, Denial> {
    read_header(&Parts::split(token)?)
}

/// The claims of a token that verifies under the key that `find` gives for its header. `typ` lists
/// the types that are accepted, None standing for its absence; they are compared without regard to
/// case or to a leading `application/` (RFC 7515, section 4.1.9).
pub fn verify<'k>(
    token: &str,
    typ: &[Option<&str>],
    find: impl FnOnce(&Header) -> Option<&'k PublicKey>,
) -> Result<Map<String, Value>, Denial> {
    let parts = Parts::split(token)?;
    let header = read_header(&parts)?;
    if !typ.iter().any(|accepted| same_type(*accepted, header.typ.as_deref())) {
        return Err(Denial::TokenInvalid("the token is of another type"));
    }
    let key = find(&header).ok_or(Denial::TokenInvalid("the token's key is not known here"))?;
    let algorithm = match header.alg.as_str() {
        "ES256" => Algorithm::EcdsaP256Sha256,
        _ => Algorithm::Ed25519,
    };
    if key.algorithm() != algorithm {
        return Err(Denial::TokenInvalid("the token names another algorithm than its key's"));
    }
    let signature = decode_part(parts.signature)?;
    let verified = key.verify(parts.signed.as_bytes(), &signature);
    verified.map_err(|_| Denial::TokenInvalid("the token's signature does not verify"))?;
    read_object(parts.payload)
}

/// Takes a token apart without verifying it.
pub fn decode(token: &str) -> Result<Decoded, Denial> {
    let parts = Parts::split(token)?;
    let header = Value::Object(read_object(parts.header)?);
    Ok(Decoded { header, payload: Value::Object(read_object(parts.payload)?) })
}

struct Parts<'t> {
    header: &'t str,
    payload: &'t str,
    signature: &'t str,
    /// Header and payload with the dot between them.
    signed: &'t str,
}

impl<'t> Parts<'t> {
    fn split(token: &'t str) -> Result<Self, Denial> {
        if token.len() > MAX_BYTES {
            return Err(Denial::TokenInvalid("the token is larger than 16 KiB"));
        }
        let three = || {
            let (signed, signature) = token.rsplit_once('.')?;
            let (header, payload) = signed.split_once('.')?;
            (!payload.contains('.')).then_some(Self { header, payload, signature, signed })
        };
        three().ok_or(Denial::TokenInvalid("the token has not three parts"))
    }
}

fn read_header(parts: &Parts<'_>) -> Result<Header, Denial> {
    let members = read_object(parts.header)?;
    if REFUSED.iter().any(|name| members.contains_key(*name)) {
        return Err(Denial::TokenInvalid("the token's header has a member that is not accepted"));
    }
    let text = |name| match members.get(name) {
        None => Ok(None),
        Some(Value::String(text)) if text.len() <= MAX_NAME => Ok(Some(text.clone())),
        Some(_) => Err(Denial::TokenInvalid("a member of the token's header cannot be read")),
    };
    let alg = text("alg")?.filter(|alg| matches!(alg.as_str(), "ES256" | "EdDSA" | "Ed25519"));
    let alg = alg.ok_or(Denial::TokenInvalid("the token's algorithm is not accepted"))?;
    Ok(Header { alg, kid: text("kid")?, typ: text("typ")? })
}

fn read_object(part: &str) -> Result<Map<String, Value>, Denial> {
    let object = json::object(&decode_part(part)?);
    object.ok_or(Denial::TokenInvalid("a part of the token is not one JSON object"))
}

fn decode_part(part: &str) -> Result<Vec<u8>, Denial> {
    let bytes = base64url::decode(part);
    bytes.ok_or(Denial::TokenInvalid("a part of the token is not canonical base64url"))
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
