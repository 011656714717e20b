//! What is checked of a body while it passes: its digest, and an HMAC where one covers it.

use bailiwick_domain::denial::Denial;
use bailiwick_proof::digest::Hashing;
use bailiwick_proof::webhook::Checking;

/// The checks of one body, from its first byte to its last.
pub struct Passing {
    hashing: Hashing,
    mac: Option<Checking>,
}

impl Passing {
    /// A body that is held against a digest, if one was promised, and an HMAC, if one was sent.
    pub fn new(hashing: Hashing, mac: Option<Checking>) -> Self {
        Self { hashing, mac }
    }

    /// Whether anything was promised of the body that it has to hold.
    pub(super) fn promises(&self) -> bool {
        self.mac.is_some() || self.hashing.expects()
    }

    /// Takes the next bytes.
    pub(super) fn update(&mut self, bytes: &[u8]) {
        self.hashing.update(bytes);
        if let Some(mac) = &mut self.mac {
            mac.update(bytes);
        }
    }

    /// The SHA-256 of all of them, once everything has held.
    pub(super) fn finish(self) -> Result<[u8; 32], Denial> {
        if let Some(mac) = self.mac {
            mac.finish()?;
        }
        self.hashing.finish()
    }
}
