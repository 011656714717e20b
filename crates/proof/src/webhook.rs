//! The simple form: one line with an HMAC, for clients that have no library for RFC 9421.
//!
//! `X-Signature: t=<Unix seconds>,n=<nonce>,v1=<hex of HMAC-SHA-256>`, and `k=key_…` where the
//! client names its key. The HMAC is over
//!
//! ```text
//! t "." nonce "." method "." target "." body
//! ```
//!
//! with `t` in decimal, the method as sent, the target as sent (the path and, when there is one,
//! `?` and the query), and the bytes of the body. It says less than RFC 9421, section 3.3.3: no
//! host and no field is covered. What it does cover, it covers in one reading only:
//!
//! - a nonce has no dot;
//! - where the method is one whose content means nothing (RFC 9110, section 9.3: `GET`, `HEAD`,
//!   `DELETE`, `OPTIONS`), there is no body, and the last dot ends the target;
//! - with any other method there is no dot in the target, and the first one behind it ends it.
//!
//! Without the last two, `POST /pay?sum=1.50` and `POST /pay?sum=1` with a body that begins with
//! `50.` would have the same HMAC. Whatever these rules refuse can be signed by RFC 9421.

use std::str;

use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::hmac;
use bailiwick_domain::denial::Denial;
use bailiwick_domain::id::KeyId;
use bailiwick_domain::time::Timestamp;
use http::header::HeaderName;
use http::{HeaderMap, Method};

use crate::hex;
use crate::keys::MacKey;
use crate::message::Window;
use crate::sign::Unsigned;

/// The field that carries time, nonce and HMAC.
pub const X_SIGNATURE: HeaderName = HeaderName::from_static("x-signature");

/// The most bytes of the field: more than its longest form has.
const MAX_FIELD_BYTES: usize = 320;
/// The most digits of `t`, good for thirty thousand years.
const MAX_DIGITS: usize = 12;
/// The fewest and the most characters of a nonce, as for message signatures.
const NONCE: std::ops::RangeInclusive<usize> = 16..=128;

const TWICE: Denial = Denial::CredentialMalformed("a member of X-Signature is there twice");
const DOTTED: &str = "X-Signature cannot cover a target with a dot, unless the method has no body";

/// The one signature of a request in the simple form, read and bounded but not yet verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Presented {
    at: i64,
    nonce: Box<str>,
    mac: [u8; 32],
    key: Option<KeyId>,
}

impl Presented {
    /// Reads `X-Signature`. None when it is absent. Refused before any cryptography: a second line,
    /// more than 320 bytes, spaces, members that are unknown, missing or there twice, a time that
    /// is not in plain decimal, an HMAC that is not 64 lower-case hexadecimal digits.
    pub fn find(headers: &HeaderMap) -> Result<Option<Self>, Denial> {
        let mut lines = headers.get_all(X_SIGNATURE).iter();
        let Some(line) = lines.next() else { return Ok(None) };
        if lines.next().is_some() {
            return Err(Denial::CredentialConflict("more than one line of X-Signature"));
        }
        if line.len() > MAX_FIELD_BYTES {
            return Err(Denial::CredentialMalformed("X-Signature is larger than 320 bytes"));
        }
        let text = str::from_utf8(line.as_bytes());
        let text = text.map_err(|_| Denial::CredentialMalformed("X-Signature is not ASCII"))?;
        read(text).map(Some)
    }

    /// The key the client names; without one, the agent it names elsewhere says which key it is.
    pub fn key(&self) -> Option<KeyId> {
        self.key
    }

    /// When the client says that it signed.
    pub fn created_at(&self) -> Timestamp {
        Timestamp::from_seconds(self.at)
    }

    /// When the signature stops being valid: the window after it was made.
    pub fn expires_at(&self, window: &Window) -> Timestamp {
        self.created_at().plus_seconds(i64::from(window.window_seconds))
    }

    /// Holds the time against the present. The signature is good for the whole window.
    pub fn check_window(&self, now: Timestamp, window: &Window) -> Result<(), Denial> {
        let skew = i64::from(window.skew_seconds);
        if now < self.created_at().plus_seconds(-skew) {
            return Err(Denial::SignatureNotYetValid);
        }
        if now > self.expires_at(window).plus_seconds(skew) {
            return Err(Denial::SignatureExpired);
        }
        Ok(())
    }

    /// The nonce: 16 to 128 letters, digits, `-` and `_`. That it is spent only once is for the
    /// caller to see to, last of all checks.
    pub fn nonce(&self) -> Result<&str, Denial> {
        if is_nonce(&self.nonce) { Ok(&self.nonce) } else { Err(Denial::NonceMissing) }
    }

    /// Starts the check of the HMAC by this key over a request with this method and this target,
    /// path and query together; what is left is the body.
    pub fn begin(&self, key: &MacKey, method: &Method, target: &str) -> Result<Checking, Denial> {
        self.nonce()?;
        let covered = Covered::new(method, target).map_err(Denial::CredentialMalformed)?;
        let context = covered.begin(key, self.at, &self.nonce);
        Ok(Checking { context, mac: self.mac, bodiless: covered.bodiless, broken: false })
    }
}

/// The HMAC of a request while its body passes.
pub struct Checking {
    context: hmac::Context,
    mac: [u8; 32],
    bodiless: bool,
    broken: bool,
}

impl Checking {
    /// Takes the next bytes of the body.
    pub fn update(&mut self, bytes: &[u8]) {
        self.broken |= self.bodiless && !bytes.is_empty();
        self.context.update(bytes);
    }

    /// Whether the HMAC is the key's over what passed; takes the same time wherever they differ.
    /// With a method whose content means nothing, a body makes it invalid.
    pub fn finish(self) -> Result<(), Denial> {
        let computed = self.context.sign();
        let equal = verify_slices_are_equal(computed.as_ref(), &self.mac);
        if equal.is_err() || self.broken { Err(Denial::SignatureInvalid) } else { Ok(()) }
    }
}

/// What a client signs, but for the body.
#[derive(Debug, Clone, Copy)]
pub struct Signing<'a> {
    /// When it is made; whole seconds are sent.
    pub at: Timestamp,
    /// What makes it usable once: 16 to 128 letters, digits, `-` and `_`.
    pub nonce: &'a str,
    /// The key to name, if it is to be named.
    pub key: Option<KeyId>,
    /// The method.
    pub method: &'a Method,
    /// The path as sent and, when there is one, `?` and the query.
    pub target: &'a str,
}

/// The value of `X-Signature` for a request with this body. Fails for what no verifier would take:
/// see the rules above.
pub fn sign(key: &MacKey, signing: &Signing<'_>, body: &[u8]) -> Result<String, Unsigned> {
    let Signing { at, nonce, key: named, method, target } = *signing;
    let covered = Covered::new(method, target).map_err(Unsigned::Unwritable)?;
    if covered.bodiless && !body.is_empty() {
        return Err(Unsigned::Unwritable("X-Signature covers no body of this method"));
    }
    let at = at.as_seconds();
    if !is_nonce(nonce) || seconds(&at.to_string()).is_none() {
        return Err(Unsigned::Unwritable("the nonce or the instant cannot be sent"));
    }
    let mut context = covered.begin(key, at, nonce);
    context.update(body);
    let mac = hex::encode(context.sign().as_ref());
    let named = named.map(|key| format!(",k={key}")).unwrap_or_default();
    Ok(format!("t={at},n={nonce},v1={mac}{named}"))
}

/// Method and target, which read in one way only together with any nonce and any body.
struct Covered<'a> {
    method: &'a Method,
    target: &'a str,
    bodiless: bool,
}

impl<'a> Covered<'a> {
    /// No method has a slash (RFC 9110, section 5.6.2), every target begins with one.
    fn new(method: &'a Method, target: &'a str) -> Result<Self, &'static str> {
        let without = [Method::GET, Method::HEAD, Method::DELETE, Method::OPTIONS];
        let bodiless = without.contains(method);
        if !target.starts_with('/') {
            return Err("X-Signature covers only targets that begin with `/`");
        }
        if !bodiless && target.contains('.') {
            return Err(DOTTED);
        }
        Ok(Self { method, target, bodiless })
    }

    fn begin(&self, key: &MacKey, at: i64, nonce: &str) -> hmac::Context {
        let mut context = key.begin();
        for part in [&at.to_string(), nonce, self.method.as_str(), self.target] {
            context.update(part.as_bytes());
            context.update(b".");
        }
        context
    }
}

fn read(text: &str) -> Result<Presented, Denial> {
    let (mut at, mut nonce, mut mac, mut key) = (None, None, None, None);
    for member in text.split(',') {
        let unreadable = Denial::CredentialMalformed("a member of X-Signature cannot be read");
        let Some((name, value)) = member.split_once('=') else { return Err(unreadable) };
        match name {
            "t" => put(&mut at, seconds(value).ok_or(unreadable)?)?,
            "n" => put(&mut nonce, value.into())?,
            "v1" => put(&mut mac, hex::decode(value).ok_or(unreadable)?)?,
            "k" => put(&mut key, value.parse().map_err(|_| unreadable)?)?,
            _ => return Err(Denial::CredentialMalformed("X-Signature has an unknown member")),
        }
    }
    let (Some(at), Some(mac)) = (at, mac) else {
        return Err(Denial::CredentialMalformed("X-Signature needs t, n and v1"));
    };
    let nonce = nonce.ok_or(Denial::NonceMissing)?;
    Ok(Presented { at, nonce, mac, key })
}

fn put<T>(place: &mut Option<T>, value: T) -> Result<(), Denial> {
    if place.replace(value).is_some() { Err(TWICE) } else { Ok(()) }
}

/// Plain decimal, in the one form it has: no sign, no leading zero.
fn seconds(text: &str) -> Option<i64> {
    let plain = text.bytes().all(|byte| byte.is_ascii_digit());
    let short = (1..=MAX_DIGITS).contains(&text.len());
    if !plain || !short || (text.starts_with('0') && text != "0") {
        return None;
    }
    text.parse().ok()
}

fn is_nonce(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    NONCE.contains(&text.len()) && text.bytes().all(plain)
}
