//! Agents: who they are, who answers for them, and the most they may ever be granted.

use std::fmt;
use std::str::FromStr;

use crate::id::AgentId;
use crate::limit::Limit;
use crate::scope::ScopeSet;
use crate::time::Timestamp;

/// The project of an agent that names none.
pub const DEFAULT_PROJECT: &str = "default";

/// A registered agent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Agent {
    /// Its identifier; the OAuth `client_id`.
    pub id: AgentId,
    /// The project its name is unique in.
    pub project: Name,
    /// Its name.
    pub name: Name,
    /// The person or team who answers for it.
    pub owner: String,
    /// What it is for, in words.
    pub purpose: String,
    /// Whether a person watches it work.
    pub kind: Kind,
    /// Whether it may act now.
    pub state: State,
    /// The most it may be granted.
    pub scopes: ScopeSet,
    /// Why it holds a broad scope, when it does.
    pub broad_because: Option<String>,
    /// How often it may call, over all operations.
    pub limit: Option<Limit>,
    /// Where it may call from; anywhere when empty.
    pub networks: Vec<ipnet::IpNet>,
    /// When it was registered.
    pub created_at: Timestamp,
    /// When any of the above last changed.
    pub updated_at: Timestamp,
}

/// A name of an agent or project: `[a-z0-9][a-z0-9-]{0,62}`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Name(Box<str>);

/// Whether a person watches the agent work.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Acts while a person watches.
    Copilot,
    /// Acts alone.
    Autonomous,
}

/// Whether the agent may act.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum State {
    /// It may.
    Active,
    /// Not until it is resumed.
    Suspended,
    /// Never again; its name stays taken.
    Retired,
}

/// Why a word is not one of the domain's.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{given}` is not {what}")]
pub struct Unknown {
    given: String,
    what: &'static str,
}

impl Unknown {
    pub(crate) fn word(given: &str, what: &'static str) -> Self {
        Self { given: given.chars().take(80).collect(), what }
    }
}

/// Why an agent cannot change its state.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("an agent that is {from} cannot become {to}")]
pub struct Impossible {
    from: State,
    to: State,
}

impl Agent {
    /// The agent's subject: `spiffe://<trust_domain>/<project>/<name>`.
    pub fn subject(&self, trust_domain: &str) -> String {
        format!("spiffe://{trust_domain}/{}/{}", self.project, self.name)
    }

    /// The agent in another state. A retired agent stays retired.
    pub fn become_state(mut self, to: State, now: Timestamp) -> Result<Self, Impossible> {
        let from = self.state;
        let possible = match (from, to) {
            (State::Retired, _)
            | (State::Active, State::Active)
            | (State::Suspended, State::Suspended) => false,
            (State::Active | State::Suspended, _) => true,
        };
        if !possible {
            return Err(Impossible { from, to });
        }
        self.state = to;
        self.updated_at = now;
        Ok(self)
    }
}

impl Name {
    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Name {
    type Err = Unknown;

    fn from_str(text: &str) -> Result<Self, Unknown> {
        let plain = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9');
        let mut bytes = text.bytes();
        let well_formed = bytes.next().is_some_and(plain)
            && bytes.all(|byte| plain(byte) || byte == b'-')
            && text.len() <= 63;
        if well_formed {
            Ok(Self(text.into()))
        } else {
            Err(Unknown::word(text, "a name: a-z, 0-9 and `-`, at most 63, no leading `-`"))
        }
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Kind {
    /// The kind as it is written everywhere.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Copilot => "copilot",
            Self::Autonomous => "autonomous",
        }
    }
}

impl FromStr for Kind {
    type Err = Unknown;

    fn from_str(text: &str) -> Result<Self, Unknown> {
        match text {
            "copilot" => Ok(Self::Copilot),
            "autonomous" => Ok(Self::Autonomous),
            _ => Err(Unknown::word(text, "a kind of agent: copilot or autonomous")),
        }
    }
}

impl State {
    /// The state as it is written everywhere.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Suspended => "suspended",
            Self::Retired => "retired",
        }
    }
}

impl FromStr for State {
    type Err = Unknown;

    fn from_str(text: &str) -> Result<Self, Unknown> {
        match text {
            "active" => Ok(Self::Active),
            "suspended" => Ok(Self::Suspended),
            "retired" => Ok(Self::Retired),
            _ => Err(Unknown::word(text, "a state of an agent: active, suspended or retired")),
        }
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn agent(state: State) -> Agent {
        Agent {
            id: AgentId::from_bits(1),
            project: DEFAULT_PROJECT.parse().unwrap(),
            name: "ticket-summarizer".parse().unwrap(),
            owner: "support".into(),
            purpose: String::new(),
            kind: Kind::Autonomous,
            state,
            scopes: ScopeSet::default(),
            broad_because: None,
            limit: None,
            networks: Vec::new(),
            created_at: Timestamp::default(),
            updated_at: Timestamp::default(),
        }
    }

    #[test]
    fn the_subject_is_a_spiffe_id() {
        let subject = agent(State::Active).subject("acme.example");
        assert_eq!(subject, "spiffe://acme.example/default/ticket-summarizer");
    }

    #[test]
    fn states_move_only_where_they_may() {
        use State::{Active, Retired, Suspended};
        let now = Timestamp::from_seconds(9);
        for (from, to, possible) in [
            (Active, Suspended, true),
            (Suspended, Active, true),
            (Active, Retired, true),
            (Suspended, Retired, true),
            (Active, Active, false),
            (Retired, Active, false),
            (Retired, Suspended, false),
            (Retired, Retired, false),
        ] {
            let moved = agent(from).become_state(to, now);
            assert_eq!(moved.is_ok(), possible, "{from} to {to}");
            assert!(moved.is_err() || moved.is_ok_and(|it| it.updated_at == now));
        }
    }

    #[test]
    fn names_are_dns_like_labels() {
        for (text, fine) in [
            ("a", true),
            ("9-lives", true),
            (&"a".repeat(63), true),
            (&"a".repeat(64), false),
            ("", false),
            ("-a", false),
            ("A", false),
            ("a_b", false),
            ("a/b", false),
            ("аgent", false),
        ] {
            assert_eq!(text.parse::<Name>().is_ok(), fine, "{text}");
        }
    }
}
