//! Grants: what one lets another do. They are a tree: a person lets an agent act, that agent lets
//! another do less, a task is opened within either. A node is as good as its weakest ancestor, so
//! that ending one ends everything below it.

use std::fmt;
use std::str::FromStr;

use crate::a2a;
use crate::agent::Agent;
use crate::details::Details;
use crate::id::{AgentId, GrantId, KeyId, PersonId, SessionId, TaskId, TokenId};
use crate::mcp;
use crate::scope::ScopeSet;
use crate::time::Timestamp;

/// How far an authority reaches.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Extent {
    /// What may be done.
    pub scopes: ScopeSet,
    /// At which APIs: their resource identifiers (RFC 8707). With none of them, nowhere.
    pub resources: Vec<String>,
    /// Which operations, where that is narrower than the scopes (RFC 9396).
    pub details: Details,
}

/// What is asked for and lies outside.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Excess {
    /// Scopes.
    #[error("not to be had here: {0}")]
    Scopes(ScopeSet),
    /// An API.
    #[error("not good for {0}")]
    Resource(String),
    /// Operations.
    #[error("authorization_details go beyond what was granted")]
    Details,
}

impl Extent {
    /// Whether all of it lies within the other; what does not, if not.
    pub fn within(&self, outer: &Self) -> Result<(), Excess> {
        let missing = self.scopes.missing_from(&outer.scopes);
        if !missing.is_empty() {
            return Err(Excess::Scopes(missing));
        }
        if let Some(beyond) = self.resources.iter().find(|it| !outer.resources.contains(it)) {
            return Err(Excess::Resource(beyond.clone()));
        }
        if !outer.details.cover(&self.details) {
            return Err(Excess::Details);
        }
        Ok(())
    }

    /// What lies within both; none where they name operations and have none of them in common.
    #[must_use]
    pub fn intersection(&self, other: &Self) -> Option<Self> {
        let shared = self.resources.iter().filter(|it| other.resources.contains(it));
        Some(Self {
            scopes: self.scopes.intersection(&other.scopes),
            resources: shared.cloned().collect(),
            details: self.details.intersection(&other.details)?,
        })
    }
}

/// How much may be done in all. Each request counts as a call; one whose method changes something
/// as a write too, and `DELETE` as a delete too.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Budgets {
    /// Requests.
    pub calls: Option<u32>,
    /// Requests that are not safe (RFC 9110, section 9.2.1).
    pub writes: Option<u32>,
    /// `DELETE` requests.
    pub deletes: Option<u32>,
}

impl Budgets {
    /// What a request with this method counts as, in the order of [`Budgets::named`].
    pub fn counted(method: &str) -> [u32; 3] {
        let of_http = ["GET", "HEAD", "OPTIONS", "TRACE"].contains(&method);
        let safe = of_http || mcp::reads(method) || a2a::reads(method);
        [1, u32::from(!safe), u32::from(method == "DELETE")]
    }

    /// Whether nothing is counted.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// The smaller of each.
    #[must_use]
    pub fn least(self, other: Self) -> Self {
        let least = |a: Option<u32>, b: Option<u32>| match (a, b) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (one, None) | (None, one) => one,
        };
        Self {
            calls: least(self.calls, other.calls),
            writes: least(self.writes, other.writes),
            deletes: least(self.deletes, other.deletes),
        }
    }

    /// Each by its name, and how much of it there is, if it is counted.
    pub fn named(self) -> [(&'static str, Option<u32>); 3] {
        [("calls", self.calls), ("writes", self.writes), ("deletes", self.deletes)]
    }
}

/// `calls=100 writes=5`: those that are there, in this order.
impl fmt::Display for Budgets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut separator = "";
        for (name, most) in self.named() {
            if let Some(most) = most {
                write!(f, "{separator}{name}={most}")?;
                separator = " ";
            }
        }
        Ok(())
    }
}

/// Why a text is not budgets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("budgets are `calls`, `writes` and `deletes`, each once, with a number")]
pub struct NotBudgets;

impl FromStr for Budgets {
    type Err = NotBudgets;

    fn from_str(text: &str) -> Result<Self, NotBudgets> {
        let mut budgets = Self::default();
        for part in text.split_ascii_whitespace() {
            let (name, most) = part.split_once('=').ok_or(NotBudgets)?;
            let most: u32 = most.parse().map_err(|_| NotBudgets)?;
            let twice = match name {
                "calls" => budgets.calls.replace(most),
                "writes" => budgets.writes.replace(most),
                "deletes" => budgets.deletes.replace(most),
                _ => return Err(NotBudgets),
            };
            if twice.is_some() {
                return Err(NotBudgets);
            }
        }
        Ok(budgets)
    }
}

/// One node of the tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant {
    /// Its identifier.
    pub id: GrantId,
    /// Who may act by it.
    pub agent: AgentId,
    /// For whom, where that is a person.
    pub person: Option<PersonId>,
    /// What it was granted out of.
    pub parent: Option<GrantId>,
    /// How many delegations lie between it and whose authority it is: 1 for a person's own grant
    /// to an agent and for what an agent of its own authority lets another do.
    pub depth: u32,
    /// The credential by which it was obtained; it ends with it.
    pub key: Option<KeyId>,
    /// The sign-in it was given in, where it ends with that.
    pub session: Option<SessionId>,
    /// The token it was exchanged from; it ends with it.
    pub token: Option<TokenId>,
    /// The task, where this is one.
    pub task: Option<TaskId>,
    /// What it is for, in its maker's words.
    pub purpose: String,
    /// How far it reaches.
    pub extent: Extent,
    /// How much may be done by it and all that descends from it.
    pub budgets: Budgets,
    /// When it ends by itself.
    pub expires_at: Timestamp,
    /// When it was ended.
    pub ended_at: Option<Timestamp>,
    /// By whom or why, in a few words.
    pub ended_because: Option<String>,
    /// When it was given.
    pub created_at: Timestamp,
}

impl Grant {
    /// Whether this node is live; its ancestors are another matter.
    pub fn is_live(&self, now: Timestamp) -> bool {
        self.ended_at.is_none() && now < self.expires_at
    }

    /// The grant, ended; as it is when it had ended before.
    #[must_use]
    pub fn end(mut self, because: &str, now: Timestamp) -> Self {
        if self.ended_at.is_none() {
            self.ended_at = Some(now);
            self.ended_because = Some(because.to_owned());
        }
        self
    }
}

/// Whose authority a line of grants carries, and who acts by it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Acting {
    /// Whose it is (`sub`): the person's, or that of the agent it began with.
    pub subject: String,
    /// Who acts for that one (`act`), the present actor first (RFC 8693, section 4.1); nobody where
    /// the agent acts for itself.
    pub actors: Vec<String>,
}

impl Acting {
    /// What the agents of a line's grants say, the nearest first, and the person it began with.
    pub fn of<'a>(
        agents: impl IntoIterator<Item = &'a Agent>,
        person: Option<PersonId>,
        trust_domain: &str,
    ) -> Self {
        let mut line: Vec<&Agent> = agents.into_iter().collect();
        line.dedup_by_key(|agent| agent.id);
        let mut actors: Vec<String> =
            line.into_iter().map(|agent| agent.subject(trust_domain)).collect();
        let subject = match person {
            Some(person) => person.to_string(),
            None => actors.pop().unwrap_or_default(),
        };
        Self { subject, actors }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn extent(scopes: &str, resources: &[&str], details: &str) -> Extent {
        Extent {
            scopes: scopes.parse().unwrap(),
            resources: resources.iter().map(|it| (*it).to_owned()).collect(),
            details: details.parse().unwrap(),
        }
    }

    #[test]
    fn what_lies_outside_is_named() {
        let outer = extent("a:read a:write", &["http://a"], "http://a GET /a");
        for (inner, excess) in [
            (extent("a:read", &["http://a"], "http://a GET /a"), None),
            (extent("", &[], "http://a GET /a /a"), None),
            (
                extent("a:read b:read", &["http://a"], "http://a GET /a"),
                Some(Excess::Scopes("b:read".parse().unwrap())),
            ),
            (
                extent("a:read", &["http://a", "http://b"], "http://a GET /a"),
                Some(Excess::Resource("http://b".to_owned())),
            ),
            (extent("a:read", &["http://a"], ""), Some(Excess::Details)),
            (extent("a:read", &["http://a"], "http://a PUT /a"), Some(Excess::Details)),
        ] {
            assert_eq!(inner.within(&outer).err(), excess, "{inner:?}");
        }
    }

    proptest! {
        #[test]
        fn budgets_read_back_and_only_shrink(a: [Option<u32>; 3], b: [Option<u32>; 3]) {
            let of = |[calls, writes, deletes]: [Option<u32>; 3]| {
                Budgets { calls, writes, deletes }
            };
            let (a, b) = (of(a), of(b));
            prop_assert_eq!(a.to_string().parse(), Ok(a));
            let least = a.least(b);
            for (least, one) in least.named().into_iter().zip(a.named()) {
                prop_assert!(one.1.is_none_or(|most| least.1.is_some_and(|it| it <= most)));
            }
        }
    }

    #[test]
    fn a_request_counts_as_what_its_method_does() {
        for (method, counted) in
            [("GET", [1, 0, 0]), ("POST", [1, 1, 0]), ("DELETE", [1, 1, 1]), ("get", [1, 1, 0])]
        {
            assert_eq!(Budgets::counted(method), counted, "{method}");
        }
    }

    #[test]
    fn what_is_not_a_budget_is_refused() {
        for text in ["calls", "calls=-1", "calls=1 calls=2", "money=1", "calls=99999999999"] {
            assert_eq!(text.parse::<Budgets>(), Err(NotBudgets), "{text}");
        }
    }

    #[test]
    fn a_grant_ends_once() {
        let at = Timestamp::from_seconds;
        let grant = Grant {
            id: GrantId::from_bits(1),
            agent: AgentId::from_bits(1),
            person: None,
            parent: None,
            depth: 1,
            key: None,
            session: None,
            token: None,
            task: None,
            purpose: String::new(),
            extent: Extent::default(),
            budgets: Budgets::default(),
            expires_at: at(10),
            ended_at: None,
            ended_because: None,
            created_at: at(0),
        };
        assert!(grant.is_live(at(9)) && !grant.is_live(at(10)));
        let ended = grant.end("taken back", at(5)).end("again", at(6));
        assert!(!ended.is_live(at(5)));
        assert_eq!(
            (ended.ended_at, ended.ended_because.as_deref()),
            (Some(at(5)), Some("taken back"))
        );
    }
}
