//! The client's side of a message signature (RFC 9421, section 3.1).

use bailiwick_domain::time::Timestamp;
use http::{HeaderMap, HeaderValue};
use sfv::{DictSerializer, Integer, KeyRef, StringRef, key_ref};

use crate::keys::{KeyError, SigningKey};
use crate::message::{Presented, Request, SIGNATURE, SIGNATURE_INPUT};

const CREATED: &KeyRef = key_ref("created");
const EXPIRES: &KeyRef = key_ref("expires");
const NONCE: &KeyRef = key_ref("nonce");
const KEYID: &KeyRef = key_ref("keyid");
const TAG: &KeyRef = key_ref("tag");

/// What a signature is to cover and say.
#[derive(Debug, Clone, Copy)]
pub struct Signing<'a> {
    /// The components to cover, without parameters, in this order.
    pub components: &'a [&'a str],
    /// When it is made; whole seconds are sent.
    pub created: Timestamp,
    /// When it stops being valid; whole seconds are sent.
    pub expires: Timestamp,
    /// What makes it usable once.
    pub nonce: &'a str,
    /// The name the verifier knows the key by.
    pub keyid: &'a str,
    /// The label that ties the two fields together.
    pub label: &'a str,
}

/// The two fields to send.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signed {
    /// The value of `Signature-Input`.
    pub signature_input: String,
    /// The value of `Signature`.
    pub signature: String,
}

/// Why a request cannot be signed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unsigned {
    /// A component, the label, the nonce or the keyid cannot be written in a field.
    #[error("the request was not signed: {0}")]
    Unwritable(&'static str),
    /// The request lacks a component that was to be covered.
    #[error("the request was not signed: it lacks a component that was to be covered")]
    Incomplete,
    /// The key failed.
    #[error("the request was not signed")]
    Key(#[from] KeyError),
}

/// Signs a request.
pub fn sign(
    request: &Request<'_>,
    key: &SigningKey,
    signing: &Signing<'_>,
) -> Result<Signed, Unsigned> {
    sign_tagged(request, key, signing, None)
}

/// Signs a request for the application that `tag` names (RFC 9421, section 2.3).
pub fn sign_tagged(
    request: &Request<'_>,
    key: &SigningKey,
    signing: &Signing<'_>,
    tag: Option<&str>,
) -> Result<Signed, Unsigned> {
    let signature_input = write_input(signing, tag)?;
    let base =
        draft(&signature_input, signing.label)?.base(request).map_err(|_| Unsigned::Incomplete)?;
    let signature = write_signature(signing.label, &key.sign(&base)?)?;
    Ok(Signed { signature_input, signature })
}

/// What the gateway and the authority ask to be covered: method, authority, path, and query, body
/// digest and `authorization` where there are such.
pub fn default_components(
    has_query: bool,
    has_body: bool,
    has_authorization: bool,
) -> Vec<&'static str> {
    let mut components = vec!["@method", "@authority", "@path"];
    components.extend(has_query.then_some("@query"));
    components.extend(has_body.then_some("content-digest"));
    components.extend(has_authorization.then_some("authorization"));
    components
}

fn write_input(signing: &Signing<'_>, tag: Option<&str>) -> Result<String, Unsigned> {
    let label = label(signing.label)?;
    let mut dictionary = DictSerializer::new();
    let mut list = dictionary.inner_list(label);
    for component in signing.components {
        let _ = list.bare_item(text(component)?);
    }
    let parameters = list
        .finish()
        .parameter(CREATED, seconds(signing.created)?)
        .parameter(EXPIRES, seconds(signing.expires)?)
        .parameter(NONCE, text(signing.nonce)?)
        .parameter(KEYID, text(signing.keyid)?);
    if let Some(tag) = tag {
        let _ = parameters.parameter(TAG, text(tag)?);
    }
    dictionary.finish().ok_or(Unsigned::Unwritable("nothing to write"))
}

fn write_signature(name: &str, signature: &[u8]) -> Result<String, Unsigned> {
    let mut dictionary = DictSerializer::new();
    let _ = dictionary.bare_item(label(name)?, signature);
    dictionary.finish().ok_or(Unsigned::Unwritable("nothing to write"))
}

/// Reads the input back as a verifier will, so that both build the base from the same text.
fn draft(signature_input: &str, name: &str) -> Result<Presented, Unsigned> {
    let unwritable = || Unsigned::Unwritable("a component is not one that can be covered");
    let value = |text: &str| HeaderValue::from_str(text).map_err(|_| unwritable());
    let mut headers = HeaderMap::new();
    headers.insert(SIGNATURE_INPUT, value(signature_input)?);
    headers.insert(SIGNATURE, value(&write_signature(name, &[])?)?);
    Presented::find(&headers).ok().flatten().ok_or_else(unwritable)
}

fn label(text: &str) -> Result<&KeyRef, Unsigned> {
    KeyRef::from_str(text).map_err(|_| Unsigned::Unwritable("the label is not a key"))
}

fn text(text: &str) -> Result<&StringRef, Unsigned> {
    StringRef::from_str(text)
        .map_err(|_| Unsigned::Unwritable("a name, the nonce or the keyid is not ASCII text"))
}

fn seconds(at: Timestamp) -> Result<Integer, Unsigned> {
    Integer::try_from(at.as_seconds())
        .map_err(|_| Unsigned::Unwritable("an instant is out of range"))
}
