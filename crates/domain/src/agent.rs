//! Agents: who they are, who answers for them, and the most they may ever be granted.

use std::fmt;
use std::str::FromStr;

use crate::id::AgentId;
use crate::limit::Limit;
use crate::scope::ScopeSet;
use crate::time::Timestamp;

/// The project of an agent that names none.
pub const DEFAULT_PROJECT: &str = "default";
/// How long a request to come in can be approved: seven days, in seconds.
pub const REQUEST_SECONDS: i64 = 7 * 86_400;

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
    /// Why its request to come in was refused, when it was. Such an agent never acted, and its name
    /// is free again.
    pub refused: Option<String>,
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
    /// Not until an operator approves it; it asked to come in by itself.
    Pending,
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
pub enum Impossible {
    /// No agent moves like that.
    #[error("an agent that is {from} cannot become {to}")]
    Move {
        /// What it is.
        from: State,
        /// What it was to become.
        to: State,
    },
    /// Its request is older than [`REQUEST_SECONDS`].
    #[error("the request is older than 7 days; refuse it, and the agent can ask again")]
    Lapsed,
}

impl Agent {
    /// The agent's subject: `spiffe://<trust_domain>/<project>/<name>`.
    pub fn subject(&self, trust_domain: &str) -> String {
        format!("spiffe://{trust_domain}/{}/{}", self.project, self.name)
    }

    /// The agent in another state. A retired agent stays retired; a pending one becomes active only
    /// by [`Agent::approve`].
    pub fn become_state(self, to: State, now: Timestamp) -> Result<Self, Impossible> {
        let possible = match (self.state, to) {
            (State::Retired, _)
            | (_, State::Pending)
            | (State::Pending, State::Active | State::Suspended)
            | (State::Active, State::Active)
            | (State::Suspended, State::Suspended) => false,
            (State::Pending, State::Retired) | (State::Active | State::Suspended, _) => true,
        };
        if possible {
            Ok(Self { state: to, updated_at: now, ..self })
        } else {
            Err(Impossible::Move { from: self.state, to })
        }
    }

    /// The agent approved: it may act, within these scopes.
    pub fn approve(self, scopes: ScopeSet, now: Timestamp) -> Result<Self, Impossible> {
        match self.state {
            State::Pending if self.has_lapsed(now) => Err(Impossible::Lapsed),
            State::Pending => Ok(Self { state: State::Active, scopes, updated_at: now, ..self }),
            from => Err(Impossible::Move { from, to: State::Active }),
        }
    }

    /// The agent refused, for this reason: retired before it ever acted, so that its name is free.
    pub fn refuse(self, because: String, now: Timestamp) -> Result<Self, Impossible> {
        if self.state == State::Pending {
            let (state, refused) = (State::Retired, Some(because));
            Ok(Self { state, refused, updated_at: now, ..self })
        } else {
            Err(Impossible::Move { from: self.state, to: State::Retired })
        }
    }

    /// Whether it asked to come in so long ago that nobody can approve it any more.
    pub fn has_lapsed(&self, now: Timestamp) -> bool {
        self.state == State::Pending && now >= self.created_at.plus_seconds(REQUEST_SECONDS)
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
        } else if text.bytes().any(|byte| byte.is_ascii_uppercase()) {
            Err(Unknown::word(text, "a name: write it in lower case"))
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
            Self::Pending => "pending",
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
            "pending" => Ok(Self::Pending),
            "active" => Ok(Self::Active),
            "suspended" => Ok(Self::Suspended),
            "retired" => Ok(Self::Retired),
            _ => {
                let what = "a state of an agent: pending, active, suspended or retired";
                Err(Unknown::word(text, what))
            }
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
            refused: None,
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
        use State::{Active, Pending, Retired, Suspended};
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
            (Pending, Active, false),
            (Pending, Suspended, false),
            (Pending, Retired, true),
            (Active, Pending, false),
            (Retired, Pending, false),
        ] {
            let moved = agent(from).become_state(to, now);
            assert_eq!(moved.is_ok(), possible, "{from} to {to}");
            assert!(moved.is_err() || moved.is_ok_and(|it| it.updated_at == now));
        }
    }

    #[test]
    fn a_request_is_approved_or_refused_once_and_approved_only_in_time() {
        let scopes: ScopeSet = "tickets:read".parse().unwrap();
        let (in_time, late) = (REQUEST_SECONDS - 1, REQUEST_SECONDS);
        let (in_time, late) = (Timestamp::from_seconds(in_time), Timestamp::from_seconds(late));
        let approved = agent(State::Pending).approve(scopes.clone(), in_time).unwrap();
        assert_eq!((approved.state, &approved.scopes), (State::Active, &scopes));
        let lapsed = agent(State::Pending).approve(scopes.clone(), late);
        assert_eq!(lapsed, Err(Impossible::Lapsed));
        assert!(!agent(State::Active).has_lapsed(late));
        let refused = agent(State::Pending).refuse("who?".into(), late).unwrap();
        assert_eq!((refused.state, refused.refused.as_deref()), (State::Retired, Some("who?")));
        for state in [State::Active, State::Suspended, State::Retired] {
            assert!(agent(state).approve(scopes.clone(), in_time).is_err(), "{state}");
            assert!(agent(state).refuse(String::new(), in_time).is_err(), "{state}");
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
