//! Digest fields: what a body is said to be, and whether it is (RFC 9530).

use aws_lc_rs::digest::{Context, SHA256, SHA512};
use bailiwick_domain::denial::Denial;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::HeaderMap;
use http::header::HeaderName;
use sfv::visitor::{
    DictionaryVisitor, EntryVisitor, Ignored, InnerListVisitor, ItemVisitor, ParameterVisitor,
};
use sfv::{BareItemFromInput, KeyRef, Parser};

/// The field that carries the digest of the content as sent (RFC 9530, section 2).
pub const CONTENT_DIGEST: HeaderName = HeaderName::from_static("content-digest");

/// The most bytes of one `Content-Digest` line.
const MAX_FIELD_BYTES: usize = 4 * 1024;
/// The most members, counting those of algorithms that are not used.
const MAX_MEMBERS: usize = 16;

/// The digests a request promises; each of them has to hold.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Expected {
    sha256: Option<[u8; 32]>,
    sha512: Option<[u8; 64]>,
}

impl Expected {
    /// Reads `Content-Digest`. None when it is absent or has no algorithm that is used here:
    /// the insecure ones never suffice (RFC 9530, section 5).
    pub fn find(headers: &HeaderMap) -> Result<Option<Self>, Denial> {
        let mut reading = Reading { expected: Self::default(), members: 0 };
        for line in headers.get_all(CONTENT_DIGEST) {
            if line.len() > MAX_FIELD_BYTES {
                return Err(Denial::RequestMalformed("Content-Digest is too large"));
            }
            let read = Parser::new(line.as_bytes()).parse_dictionary_with_visitor(&mut reading);
            read.map_err(|_| Denial::RequestMalformed("Content-Digest cannot be read"))?;
        }
        let usable = reading.expected != Self::default();
        Ok(usable.then_some(reading.expected))
    }
}

/// The digest of a body while it passes.
pub struct Hashing {
    expected: Expected,
    sha256: Context,
    sha512: Option<Context>,
}

impl Hashing {
    /// Starts with no bytes. The SHA-256 is always computed; the ledger keeps it.
    pub fn new(expected: Option<Expected>) -> Self {
        let expected = expected.unwrap_or_default();
        let sha512 = expected.sha512.map(|_| Context::new(&SHA512));
        Self { expected, sha256: Context::new(&SHA256), sha512 }
    }

    /// Whether a digest was promised that has to hold.
    pub fn expects(&self) -> bool {
        self.expected != Expected::default()
    }

    /// Takes the next bytes.
    pub fn update(&mut self, bytes: &[u8]) {
        self.sha256.update(bytes);
        if let Some(sha512) = &mut self.sha512 {
            sha512.update(bytes);
        }
    }

    /// The SHA-256 of all bytes, if every promised digest holds.
    pub fn finish(self) -> Result<[u8; 32], Denial> {
        let sha256 = self.sha256.finish();
        let sha256 = <[u8; 32]>::try_from(sha256.as_ref()).map_err(|_| Denial::Unavailable)?;
        if self.expected.sha256.is_some_and(|expected| expected != sha256) {
            return Err(Denial::DigestMismatch);
        }
        let sha512 = self.sha512.map(Context::finish);
        let differs = |expected: [u8; 64]| {
            sha512.as_ref().is_none_or(|computed| computed.as_ref() != expected)
        };
        if self.expected.sha512.is_some_and(differs) {
            return Err(Denial::DigestMismatch);
        }
        Ok(sha256)
    }
}

/// The value of a `Content-Digest` field for this body, with SHA-256.
pub fn header_value(body: &[u8]) -> String {
    let digest = aws_lc_rs::digest::digest(&SHA256, body);
    format!("sha-256=:{}:", STANDARD.encode(digest.as_ref()))
}

struct Reading {
    expected: Expected,
    members: usize,
}

#[derive(Debug, thiserror::Error)]
#[error("not a digest")]
struct NotADigest;

struct Member<'a> {
    expected: &'a mut Expected,
    algorithm: Digest,
}

enum Digest {
    Sha256,
    Sha512,
    Unused,
}

impl<'de> DictionaryVisitor<'de> for &mut Reading {
    type Out = ();
    type Error = NotADigest;

    fn entry(&mut self, key: &'de KeyRef) -> Result<impl EntryVisitor<'de>, NotADigest> {
        self.members = self.members.saturating_add(1);
        let algorithm = match key.as_str() {
            "sha-256" if self.expected.sha256.is_none() => Digest::Sha256,
            "sha-512" if self.expected.sha512.is_none() => Digest::Sha512,
            "sha-256" | "sha-512" => return Err(NotADigest),
            _ if self.members > MAX_MEMBERS => return Err(NotADigest),
            _ => Digest::Unused,
        };
        Ok(Member { expected: &mut self.expected, algorithm })
    }

    fn finish(self) -> Result<(), NotADigest> {
        Ok(())
    }
}

impl<'de> EntryVisitor<'de> for Member<'_> {
    type Error = NotADigest;

    fn item(self) -> Result<impl ItemVisitor<'de>, NotADigest> {
        Ok(self)
    }

    fn inner_list(self) -> Result<impl InnerListVisitor<'de>, NotADigest> {
        Err::<Ignored, _>(NotADigest)
    }
}

impl<'de> ItemVisitor<'de> for Member<'_> {
    type Out = ();
    type Error = NotADigest;

    fn bare_item(
        self,
        item: BareItemFromInput<'de>,
    ) -> Result<impl ParameterVisitor<'de, Out = ()>, NotADigest> {
        let BareItemFromInput::ByteSequence(bytes) = item else { return Err(NotADigest) };
        match self.algorithm {
            Digest::Sha256 => {
                self.expected.sha256 = Some(bytes.try_into().map_err(|_| NotADigest)?);
            }
            Digest::Sha512 => {
                self.expected.sha512 = Some(bytes.try_into().map_err(|_| NotADigest)?);
            }
            Digest::Unused => {}
        }
        Ok(Ignored)
    }
}
