//! Passkeys of people, and the links with which people come in who have none yet.

use crate::id::{PasskeyId, PersonId};
use crate::person::Role;
use crate::time::Timestamp;

/// A key by which a person signs in, held by an authenticator of theirs (Web Authentication).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Passkey {
    /// Its identifier.
    pub id: PasskeyId,
    /// Whose it is.
    pub person: PersonId,
    /// What the authenticator calls it, 16 to 1023 bytes.
    pub credential_id: Vec<u8>,
    /// Its public key in COSE (RFC 9052, section 7).
    pub public_key: Vec<u8>,
    /// How often it is known to have signed; 0 where it does not count.
    pub sign_count: u32,
    /// When it was registered.
    pub created_at: Timestamp,
    /// When it was last used.
    pub last_used_at: Option<Timestamp>,
}

/// How long a link lets somebody in, in seconds.
pub const WELCOME_SECONDS: i64 = 86_400;

/// A link with which one person comes in, once: they register a passkey with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Welcome {
    /// The SHA-256 of its code.
    pub digest: [u8; 32],
    /// What they are called, where whoever made the link said it.
    pub name: Option<String>,
    /// What they may do.
    pub role: Option<Role>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it stops working.
    pub expires_at: Timestamp,
    /// When it was used.
    pub used_at: Option<Timestamp>,
}

impl Welcome {
    /// Whether it lets somebody in.
    pub fn is_usable(&self, now: Timestamp) -> bool {
        self.used_at.is_none() && now < self.expires_at
    }
}
