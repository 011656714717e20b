//! The signature of a request, from its fields to its verdict.

use bailiwick_domain::denial::Denial;
use bailiwick_domain::time::Timestamp;
use http::HeaderMap;
use http::header::{HeaderName, HeaderValue};

use super::base;
use super::input::Input;
use super::read;
use super::request::Request;
use super::signature;
use crate::keys::Verifier;

/// The field that says what is signed and how (RFC 9421, section 4.1).
pub const SIGNATURE_INPUT: HeaderName = HeaderName::from_static("signature-input");
/// The field that carries the signature (RFC 9421, section 4.2).
pub const SIGNATURE: HeaderName = HeaderName::from_static("signature");

/// The most bytes of either field.
pub const MAX_FIELD_BYTES: usize = 16 * 1024;

/// The one signature a request presents, read and bounded but not yet verified.
#[derive(Debug, Clone)]
pub struct Presented {
    pub(super) input: Input,
    keyid: Box<str>,
    signature: Vec<u8>,
}

impl Presented {
    /// Reads `Signature-Input` and `Signature` (RFC 9421, section 4). None when neither is there.
    /// More than one signature is a conflict: which one would count must not be a matter of taste.
    /// Refused before any cryptography: one field without the other, labels that differ, a field
    /// over 16 KiB, more than 32 components or 16 parameters, a signature over 1 KiB, anything
    /// named twice, components or component parameters that are not supported, and no `keyid`.
    pub fn find(headers: &HeaderMap) -> Result<Option<Self>, Denial> {
        let (input, signature) = (one(headers, &SIGNATURE_INPUT)?, one(headers, &SIGNATURE)?);
        let (input, signature) = match (input, signature) {
            (None, None) => return Ok(None),
            (Some(input), Some(signature)) => (input, signature),
            (Some(_), None) => {
                return Err(Denial::CredentialMalformed("Signature-Input without Signature"));
            }
            (None, Some(_)) => {
                return Err(Denial::CredentialMalformed("Signature without Signature-Input"));
            }
        };
        let (label, input) = read::input(input.as_bytes())?;
        let (signed_label, signature) = signature::read(signature.as_bytes())?;
        if label != signed_label {
            let detail = "Signature and Signature-Input have different labels";
            return Err(Denial::CredentialMalformed(detail));
        }
        Self::new(input, signature).map(Some)
    }

    /// The signature of one member that was chosen among several: `input` is that member's inner
    /// list with its parameters, strictly serialized. Bounded as [`Presented::find`] does.
    pub(crate) fn of_member(input: &str, signature: Vec<u8>) -> Result<Self, Denial> {
        let field = format!("member={input}");
        let (_, input) = read::input(field.as_bytes())?;
        Self::new(input, signature)
    }

    fn new(mut input: Input, signature: Vec<u8>) -> Result<Self, Denial> {
        let keyid = input.parameters.keyid.take();
        let keyid = keyid.ok_or(Denial::CredentialMalformed("the signature names no keyid"))?;
        Ok(Self { input, keyid, signature })
    }

    /// The signature's bytes, of any length.
    pub(crate) fn signature(&self) -> &[u8] {
        &self.signature
    }

    /// The name of the key (RFC 9421, section 2.3).
    pub fn keyid(&self) -> &str {
        &self.keyid
    }

    /// The profile that the signature says it follows (RFC 9421, section 2.3).
    pub fn tag(&self) -> Option<&str> {
        self.input.parameters.tag.as_deref()
    }

    /// The members of this field, a dictionary, that are each covered by themselves (RFC 9421,
    /// section 2.1.2).
    pub(crate) fn covered_members(&self, field: &HeaderName) -> impl Iterator<Item = &str> {
        let covered = self.input.components.iter();
        covered.filter_map(|covered| covered.component.member_of(field))
    }

    /// When the signature stops being valid; without `expires`, at the end of time.
    pub fn expires_at(&self) -> Timestamp {
        let end = Timestamp::from_millis(i64::MAX);
        self.input.parameters.expires.map_or(end, Timestamp::from_seconds)
    }

    /// When the signer says that it was made; without `created`, at the beginning of time.
    pub fn created_at(&self) -> Timestamp {
        self.input.parameters.created.map_or(Timestamp::default(), Timestamp::from_seconds)
    }

    /// Whether the component with this name is covered whole: an entry with component parameters
    /// does not count, since it may stand for a part, or for more than one spelling, of the value.
    pub fn covers(&self, name: &str) -> bool {
        self.input.components.iter().any(|covered| covered.component.is_plain(name))
    }

    /// The signature base (RFC 9421, section 2.5). A covered component that the request does not
    /// have, or has in a form its parameters do not allow, makes the signature invalid.
    pub fn base(&self, request: &Request<'_>) -> Result<Vec<u8>, Denial> {
        base::build(&self.input, request)
    }

    /// Whether the signature is that key's over this request (RFC 9421, section 3.2). The key alone
    /// says by which algorithm; where `alg` is sent too and differs, the signature is invalid.
    pub fn verify(&self, request: &Request<'_>, key: &Verifier) -> Result<(), Denial> {
        let named = self.input.parameters.alg.as_deref();
        if named.is_some_and(|alg| alg != key.algorithm().as_str()) {
            return Err(Denial::SignatureInvalid);
        }
        key.verify(&self.base(request)?, &self.signature)
    }
}

fn one<'h>(headers: &'h HeaderMap, name: &HeaderName) -> Result<Option<&'h HeaderValue>, Denial> {
    let mut lines = headers.get_all(name).iter();
    let Some(line) = lines.next() else { return Ok(None) };
    if lines.next().is_some() {
        return Err(Denial::CredentialConflict("more than one line of a signature field"));
    }
    if line.len() > MAX_FIELD_BYTES {
        return Err(Denial::CredentialMalformed("a signature field is larger than 16 KiB"));
    }
    Ok(Some(line))
}
