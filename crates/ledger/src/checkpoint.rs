//! Signed checkpoints: C2SP tlog-checkpoint in a C2SP signed-note, signed with Ed25519.

use std::fmt;
use std::str::FromStr;

use aws_lc_rs::digest;
use aws_lc_rs::signature::{ED25519, Ed25519KeyPair, KeyPair, UnparsedPublicKey};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::canonical;
use crate::merkle::Hash;
use crate::tile::{Fault, Tiles};

/// The name of the file with the latest checkpoint.
pub const PATH: &str = "checkpoint";
/// The longest note that is read: room for many witnesses with post-quantum signatures.
pub const MAX_NOTE_BYTES: usize = 256 * 1024;
/// The most signature lines that are read.
pub const MAX_SIGNATURES: usize = 64;

const ED25519_TYPE: u8 = 1;
const MAX_NAME_BYTES: usize = 255;

/// What a log says about itself at one moment: that it has this many records, with this root.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    /// Which log.
    pub origin: String,
    /// How many records.
    pub size: u64,
    /// The root of the Merkle tree over them.
    pub root: Hash,
}

/// A key that checkpoints are verified with; prints as `name+id+key`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifierKey {
    name: String,
    id: [u8; 4],
    public: [u8; 32],
}

/// The key of a log, whose name is the log's origin.
pub struct Signer {
    pair: Ed25519KeyPair,
    verifier: VerifierKey,
}

/// Why a key is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotAKey {
    /// The name is empty, too long, or has a space, `+` or control character.
    #[error("a log's name has no spaces, `+` or control characters, and is not empty")]
    Name,
    /// Not of the form `name+id+key`, or of another type than Ed25519.
    #[error("not an Ed25519 verifier key: expected `name+id+key`")]
    Malformed,
    /// The id is not that of the key.
    #[error("the verifier key's id does not match its key")]
    Id,
}

/// Why a checkpoint is not to be believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Invalid {
    /// Not a signed note, or too long.
    #[error("not a signed note")]
    Note,
    /// The note's text is not a checkpoint.
    #[error("the note is not a checkpoint")]
    Checkpoint,
    /// The log is another one.
    #[error("the checkpoint is of another log")]
    Origin,
    /// The key did not sign.
    #[error("the checkpoint is not signed by the key")]
    Unsigned,
    /// The key's signature does not verify.
    #[error("the checkpoint's signature does not verify")]
    Signature,
}

/// Reads the latest checkpoint: a note that is yet to be opened.
pub fn read(tiles: &impl Tiles) -> Result<String, Fault> {
    let note = tiles.read(PATH);
    let note = note.map_err(|source| Fault::Unreadable { path: PATH.to_owned(), source })?;
    let note = note.ok_or_else(|| Fault::Missing(PATH.to_owned()))?;
    String::from_utf8(note).map_err(|_| Fault::Malformed(PATH.to_owned()))
}

impl Checkpoint {
    /// The text that is signed.
    pub fn text(&self) -> String {
        format!("{}\n{}\n{}\n", self.origin, self.size, STANDARD.encode(self.root))
    }

    /// What a note says, without a look at who signed it.
    pub fn claimed(note: &str) -> Result<Self, Invalid> {
        Self::parse(split(note)?.0)
    }

    /// What a note says, if the key has signed it. Signatures by other keys are ignored; one by
    /// this key that does not verify makes the note invalid.
    pub fn open(note: &str, key: &VerifierKey) -> Result<Self, Invalid> {
        let (text, signatures) = split(note)?;
        let mut signed = false;
        for line in signatures {
            let signature = signature_of(line, key)?;
            let Some(signature) = signature else { continue };
            key.verify(text, &signature)?;
            signed = true;
        }
        if !signed {
            return Err(Invalid::Unsigned);
        }
        let checkpoint = Self::parse(text)?;
        if checkpoint.origin == key.name { Ok(checkpoint) } else { Err(Invalid::Origin) }
    }

    fn parse(text: &str) -> Result<Self, Invalid> {
        let mut lines = text.strip_suffix('\n').ok_or(Invalid::Checkpoint)?.split('\n');
        let mut line = || lines.next().filter(|line| !line.is_empty()).ok_or(Invalid::Checkpoint);
        let (origin, size, root) = (line()?, line()?, line()?);
        let number: u64 = size.parse().map_err(|_| Invalid::Checkpoint)?;
        let root = STANDARD.decode(root).ok().and_then(|root| root.try_into().ok());
        if number.to_string() != size || lines.any(str::is_empty) {
            return Err(Invalid::Checkpoint);
        }
        let root = root.ok_or(Invalid::Checkpoint)?;
        Ok(Self { origin: origin.to_owned(), size: number, root })
    }
}

/// A note's text, which the last empty line ends, and its signature lines.
fn split(note: &str) -> Result<(&str, impl Iterator<Item = &str>), Invalid> {
    let foreign = |byte: u8| byte < 0x20 && byte != b'\n';
    if note.len() > MAX_NOTE_BYTES || note.bytes().any(foreign) {
        return Err(Invalid::Note);
    }
    let end = note.rfind("\n\n").ok_or(Invalid::Note)?;
    let (text, signatures) = note.split_at_checked(end + 1).ok_or(Invalid::Note)?;
    let signatures = signatures.strip_prefix('\n').and_then(|rest| rest.strip_suffix('\n'));
    let lines = signatures.ok_or(Invalid::Note)?.split('\n');
    if lines.clone().count() > MAX_SIGNATURES {
        return Err(Invalid::Note);
    }
    Ok((text, lines))
}

/// The signature of a line, if it is by `key`.
fn signature_of(line: &str, key: &VerifierKey) -> Result<Option<Vec<u8>>, Invalid> {
    let (name, signature) =
        line.strip_prefix("— ").and_then(|rest| rest.split_once(' ')).ok_or(Invalid::Note)?;
    let signature = STANDARD.decode(signature).map_err(|_| Invalid::Note)?;
    let (id, signature) = signature.split_first_chunk::<4>().ok_or(Invalid::Note)?;
    if !is_name(name) || signature.is_empty() {
        return Err(Invalid::Note);
    }
    let known = name == key.name && *id == key.id;
    Ok(known.then(|| signature.to_vec()))
}

fn is_name(name: &str) -> bool {
    let foreign = |char: char| char.is_whitespace() || char.is_control() || char == '+';
    !name.is_empty() && name.len() <= MAX_NAME_BYTES && !name.contains(foreign)
}

impl VerifierKey {
    /// The key of the log with this name.
    pub fn new(name: &str, public: [u8; 32]) -> Result<Self, NotAKey> {
        if !is_name(name) {
            return Err(NotAKey::Name);
        }
        let mut hashing = digest::Context::new(&digest::SHA256);
        hashing.update(name.as_bytes());
        hashing.update(&[b'\n', ED25519_TYPE]);
        hashing.update(&public);
        let hash = hashing.finish();
        let id = hash.as_ref().first_chunk::<4>().ok_or(NotAKey::Malformed)?;
        Ok(Self { name: name.to_owned(), id: *id, public })
    }

    /// The name of the key, and of the log.
    pub fn name(&self) -> &str {
        &self.name
    }

    fn verify(&self, text: &str, signature: &[u8]) -> Result<(), Invalid> {
        let key = UnparsedPublicKey::new(&ED25519, self.public);
        key.verify(text.as_bytes(), signature).map_err(|_| Invalid::Signature)
    }

    fn hex_id(&self) -> String {
        let mut digits = Vec::new();
        canonical::hex(&self.id, &mut digits);
        String::from_utf8_lossy(&digits).into_owned()
    }
}

impl fmt::Display for VerifierKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut key = vec![ED25519_TYPE];
        key.extend_from_slice(&self.public);
        write!(f, "{}+{}+{}", self.name, self.hex_id(), STANDARD.encode(key))
    }
}

impl FromStr for VerifierKey {
    type Err = NotAKey;

    fn from_str(text: &str) -> Result<Self, NotAKey> {
        let mut parts = text.splitn(3, '+');
        let mut part = || parts.next().ok_or(NotAKey::Malformed);
        let (name, id, key) = (part()?, part()?, part()?);
        let key = STANDARD.decode(key).map_err(|_| NotAKey::Malformed)?;
        let [ED25519_TYPE, public @ ..] = key.as_slice() else { return Err(NotAKey::Malformed) };
        let public = public.try_into().map_err(|_| NotAKey::Malformed)?;
        let key = Self::new(name, public)?;
        if key.hex_id() == id { Ok(key) } else { Err(NotAKey::Id) }
    }
}

impl Signer {
    /// The signer of the log `origin` whose private key is this Ed25519 seed (RFC 8032).
    pub fn from_seed(origin: &str, seed: &[u8; 32]) -> Result<Self, NotAKey> {
        let pair = Ed25519KeyPair::from_seed_unchecked(seed).map_err(|_| NotAKey::Malformed)?;
        let public = pair.public_key().as_ref().try_into().map_err(|_| NotAKey::Malformed)?;
        Ok(Self { verifier: VerifierKey::new(origin, public)?, pair })
    }

    /// The key that verifies what this one signs.
    pub const fn verifier(&self) -> &VerifierKey {
        &self.verifier
    }

    /// The signed note that says the log has `size` records and this root.
    pub fn sign(&self, size: u64, root: Hash) -> String {
        let text = Checkpoint { origin: self.verifier.name.clone(), size, root }.text();
        let mut signature = self.verifier.id.to_vec();
        signature.extend_from_slice(self.pair.sign(text.as_bytes()).as_ref());
        format!("{text}\n— {} {}\n", self.verifier.name, STANDARD.encode(signature))
    }
}

impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Signer({})", self.verifier)
    }
}

#[cfg(test)]
mod tests;
