//! Projects: what agents' names are unique in, and how agents come in by themselves.

use std::fmt;
use std::str::FromStr;

use crate::agent::{Name, State, Unknown};
use crate::id::ProjectId;
use crate::scope::ScopeSet;
use crate::time::Timestamp;

/// A project.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Project {
    /// Its identifier.
    pub id: ProjectId,
    /// Its name; part of its agents' subjects, so it never changes.
    pub name: Name,
    /// What it is, in words; told to whoever asks.
    pub description: String,
    /// How agents come in by themselves.
    pub registration: Registration,
    /// The most that an agent which came in without an invite is granted. Never broad.
    pub scopes: ScopeSet,
    /// When it was made.
    pub created_at: Timestamp,
    /// When any of the above last changed.
    pub updated_at: Timestamp,
}

/// How agents come in by themselves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Registration {
    /// Not at all; only operators add agents.
    Closed,
    /// With an invite.
    Invite,
    /// With an invite; or they ask, and an operator approves them.
    Ask,
    /// With an invite, or without.
    Open,
}

impl Registration {
    /// What an agent with a usable invite comes in as; nothing when it does not.
    pub const fn by_invite(self) -> Option<State> {
        match self {
            Self::Closed => None,
            Self::Invite | Self::Ask | Self::Open => Some(State::Active),
        }
    }

    /// What an agent without an invite comes in as; nothing when it does not.
    pub const fn on_request(self) -> Option<State> {
        match self {
            Self::Closed | Self::Invite => None,
            Self::Ask => Some(State::Pending),
            Self::Open => Some(State::Active),
        }
    }

    /// The policy as it is written everywhere.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Closed => "closed",
            Self::Invite => "invite",
            Self::Ask => "ask",
            Self::Open => "open",
        }
    }
}

impl FromStr for Registration {
    type Err = Unknown;

    fn from_str(text: &str) -> Result<Self, Unknown> {
        match text {
            "closed" => Ok(Self::Closed),
            "invite" => Ok(Self::Invite),
            "ask" => Ok(Self::Ask),
            "open" => Ok(Self::Open),
            _ => Err(Unknown::word(text, "how agents come in: closed, invite, ask or open")),
        }
    }
}

impl fmt::Display for Registration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_policy_says_who_comes_in_and_as_what() {
        let (active, pending) = (Some(State::Active), Some(State::Pending));
        for (text, by_invite, on_request) in [
            ("closed", None, None),
            ("invite", active, None),
            ("ask", active, pending),
            ("open", active, active),
        ] {
            let policy: Registration = text.parse().unwrap();
            assert_eq!((policy.by_invite(), policy.on_request()), (by_invite, on_request));
            assert_eq!(policy.to_string(), text);
        }
        assert!("Open".parse::<Registration>().is_err() && "".parse::<Registration>().is_err());
    }
}
