//! People: who signs in at the authority, what they may do there, and for how long a sign-in holds.

use std::fmt;
use std::str::FromStr;

use crate::agent::Unknown;
use crate::id::{PersonId, SessionId};
use crate::time::Timestamp;

/// How long a sign-in holds at the very most, in seconds.
pub const SESSION_SECONDS: i64 = 12 * 60 * 60;
/// How long a sign-in holds without being used, in seconds.
pub const IDLE_SECONDS: i64 = 60 * 60;

/// A person, known by who vouches for them and what they are called there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// Their identifier; the `sub` of tokens that act for them.
    pub id: PersonId,
    /// Who vouches for them: an `OpenID` provider's issuer, or this authority's own for people who
    /// sign in with a passkey.
    pub issuer: String,
    /// What that issuer calls them; never given to another (`OpenID` Connect Core, section 2).
    pub subject: String,
    /// What they are called, for people to read. Nothing is decided by it.
    pub name: String,
    /// Their address, where the issuer says that it is theirs. A client may name them by it;
    /// nothing else is decided by it.
    pub email: Option<String>,
    /// What they may do as an administrator; nothing when absent.
    pub role: Option<Role>,
    /// Whether they may sign in.
    pub state: Standing,
    /// When they were first seen.
    pub created_at: Timestamp,
}

/// Whether a person may sign in, and whether what they granted holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Standing {
    /// They may.
    Active,
    /// They may not, and nothing that they granted holds.
    Blocked,
}

/// What one may do as an administrator. Each role may do all that the ones before it may.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// Sees everything, changes nothing.
    Viewer,
    /// Decides about requests that wait for a person.
    Approver,
    /// Governs agents, their keys, invites, tasks and grants.
    Operator,
    /// Governs whom the authority itself trusts: issuers, projects, people, operators, keys.
    Admin,
}

impl Person {
    /// Whether they are one of those who decide about requests that wait for people.
    pub fn decides(&self) -> bool {
        self.state == Standing::Active && self.role.is_some_and(|role| role >= Role::Approver)
    }
}

impl Role {
    /// Every role, the least first.
    pub const ALL: [Self; 4] = [Self::Viewer, Self::Approver, Self::Operator, Self::Admin];

    /// The role as it is written everywhere.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Viewer => "viewer",
            Self::Approver => "approver",
            Self::Operator => "operator",
            Self::Admin => "admin",
        }
    }
}

impl FromStr for Role {
    type Err = Unknown;

    fn from_str(text: &str) -> Result<Self, Unknown> {
        let found = Self::ALL.into_iter().find(|role| role.as_str() == text);
        found.ok_or_else(|| Unknown::word(text, "a role: viewer, approver, operator or admin"))
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Standing {
    /// The state as it is written everywhere.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Blocked => "blocked",
        }
    }
}

impl FromStr for Standing {
    type Err = Unknown;

    fn from_str(text: &str) -> Result<Self, Unknown> {
        match text {
            "active" => Ok(Self::Active),
            "blocked" => Ok(Self::Blocked),
            _ => Err(Unknown::word(text, "a person's state: active or blocked")),
        }
    }
}

/// A person's sign-in at one browser.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// Its identifier.
    pub id: SessionId,
    /// Who signed in.
    pub person: PersonId,
    /// The SHA-256 of the cookie that carries it.
    pub digest: [u8; 32],
    /// When the person last proved who they are.
    pub authenticated_at: Timestamp,
    /// When it was last used, to within a minute.
    pub last_seen_at: Timestamp,
    /// When it ends by itself.
    pub expires_at: Timestamp,
    /// When it was ended before that.
    pub ended_at: Option<Timestamp>,
}

impl Session {
    /// Whether what hangs on this sign-in holds: it has neither ended nor run out. A browser that
    /// stays away for [`IDLE_SECONDS`] has to sign in again, yet what the person granted meanwhile
    /// to others goes on.
    pub fn is_live(&self, now: Timestamp) -> bool {
        self.ended_at.is_none() && now < self.expires_at
    }

    /// Whether the browser that carries it may still use it.
    pub fn is_usable(&self, now: Timestamp) -> bool {
        self.is_live(now) && now < self.last_seen_at.plus_seconds(IDLE_SECONDS)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roles_rise_from_seeing_to_governing() {
        assert!(Role::ALL.is_sorted());
        for role in Role::ALL {
            assert_eq!(role.to_string().parse(), Ok(role));
        }
        assert!("root".parse::<Role>().is_err() && "Admin".parse::<Role>().is_err());
        for standing in [Standing::Active, Standing::Blocked] {
            assert_eq!(standing.as_str().parse(), Ok(standing));
        }
        assert!("".parse::<Standing>().is_err());
    }

    fn check(seen: i64, now: i64, ended: bool, expected: (bool, bool)) {
        let at = Timestamp::from_seconds;
        let session = Session {
            id: SessionId::from_bits(1),
            person: PersonId::from_bits(1),
            digest: [0; 32],
            authenticated_at: at(0),
            last_seen_at: at(seen),
            expires_at: at(SESSION_SECONDS),
            ended_at: ended.then_some(at(1)),
        };
        assert_eq!((session.is_live(at(now)), session.is_usable(at(now))), expected, "{now}");
    }

    #[test]
    fn a_sign_in_ends_by_being_ended_by_time_and_by_idleness() {
        check(0, 0, false, (true, true));
        check(0, IDLE_SECONDS - 1, false, (true, true));
        check(0, IDLE_SECONDS, false, (true, false));
        check(SESSION_SECONDS - 1, SESSION_SECONDS - 1, false, (true, true));
        check(SESSION_SECONDS - 1, SESSION_SECONDS, false, (false, false));
        check(0, 0, true, (false, false));
    }
}
