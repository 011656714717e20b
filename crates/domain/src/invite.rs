//! Invites: a code that lets an agent register itself, a number of times, until an instant.

use crate::agent::Name;
use crate::id::InviteId;
use crate::scope::ScopeSet;
use crate::time::Timestamp;

/// An invite. The code itself is shown once and kept only as a digest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invite {
    /// Its identifier.
    pub id: InviteId,
    /// The project that agents register in.
    pub project: Name,
    /// SHA-256 of the code.
    pub code_digest: [u8; 32],
    /// How many agents may still use it.
    pub uses_left: u32,
    /// The ceiling of every agent that uses it.
    pub scopes: ScopeSet,
    /// When it stops working.
    pub expires_at: Timestamp,
    /// When an operator took it back, if one did.
    pub revoked_at: Option<Timestamp>,
    /// When it was made.
    pub created_at: Timestamp,
}

/// Why an invite cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unusable {
    /// Its time is over.
    #[error("the invite has expired")]
    Expired,
    /// Every use is taken.
    #[error("the invite has been used up")]
    UsedUp,
    /// An operator took it back.
    #[error("the invite was revoked")]
    Revoked,
}

impl Invite {
    /// The invite with one use fewer.
    pub fn take_use(mut self, now: Timestamp) -> Result<Self, Unusable> {
        if self.revoked_at.is_some() {
            return Err(Unusable::Revoked);
        }
        if now >= self.expires_at {
            return Err(Unusable::Expired);
        }
        self.uses_left = self.uses_left.checked_sub(1).ok_or(Unusable::UsedUp)?;
        Ok(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_invite_is_used_so_many_times_until_it_expires() {
        let invite = Invite {
            id: InviteId::from_bits(1),
            project: "default".parse().unwrap(),
            code_digest: [0; 32],
            uses_left: 1,
            scopes: ScopeSet::default(),
            expires_at: Timestamp::from_seconds(10),
            revoked_at: None,
            created_at: Timestamp::default(),
        };
        let now = Timestamp::from_seconds(9);
        let used = invite.clone().take_use(now).unwrap();
        assert_eq!(used.take_use(now), Err(Unusable::UsedUp));
        assert_eq!(invite.clone().take_use(Timestamp::from_seconds(10)), Err(Unusable::Expired));
        let revoked = Invite { revoked_at: Some(now), ..invite };
        assert_eq!(revoked.take_use(now), Err(Unusable::Revoked));
    }
}
