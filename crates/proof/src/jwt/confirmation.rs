//! What a token is bound to: `cnf` (RFC 7800, section 3.1).

use bailiwick_domain::denial::Denial;
use serde_json::{Value, json};

/// What the holder of a token has to prove, for the token to be worth anything.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Confirmation {
    /// That it holds the key with this JWK thumbprint: `jkt` (RFC 9449, section 6.1).
    Key(String),
    /// That it holds the key of the certificate with this digest, base64url of the SHA-256 of its
    /// DER: `x5t#S256` (RFC 8705, section 3.1).
    Certificate(String),
}

impl Confirmation {
    /// Reads `cnf`. It names exactly one of the two: any other, taken for none, would make a bound
    /// token a bearer token, and of two the weaker would be enough.
    pub(super) fn read(claim: &Value) -> Result<Self, Denial> {
        let members = claim.as_object().filter(|members| members.len() == 1);
        let member = members.and_then(|members| members.iter().next());
        match member {
            Some((name, Value::String(jkt))) if name == "jkt" => Ok(Self::Key(jkt.clone())),
            Some((name, Value::String(digest))) if name == "x5t#S256" => {
                Ok(Self::Certificate(digest.clone()))
            }
            _ => Err(Denial::TokenInvalid("the token is bound in a way that is not known here")),
        }
    }

    pub(super) fn to_claim(&self) -> Value {
        match self {
            Self::Key(jkt) => json!({ "jkt": jkt }),
            Self::Certificate(digest) => json!({ "x5t#S256": digest }),
        }
    }

    /// The thumbprint of the key, where it is one.
    pub fn jkt(&self) -> Option<&str> {
        match self {
            Self::Key(jkt) => Some(jkt),
            Self::Certificate(_) => None,
        }
    }
}
