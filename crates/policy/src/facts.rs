//! What is known about a request when a policy decides it.

use std::borrow::Cow;
use std::fmt;
use std::net::IpAddr;

use bailiwick_domain::agent::{Agent, Kind};
use bailiwick_domain::credential::Strength;
use bailiwick_domain::scope::ScopeSet;
use bailiwick_domain::time::Timestamp;

use crate::fields::{Field, Found};

/// Who asks, as policies see it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Principal<'a> {
    /// The agent's name.
    pub name: &'a str,
    /// Its project.
    pub project: &'a str,
    /// Whoever answers for it.
    pub owner: &'a str,
    /// Whether a person watches it.
    pub kind: Kind,
}

/// What is known of one request, beside who asks and for which operation.
#[derive(Debug, Clone)]
pub struct Facts<'a> {
    /// The person it is done for, `psn_…`, if for one.
    pub person: Option<Cow<'a, str>>,
    /// How many have passed the authority on; 0 for the agent's own.
    pub chain: usize,
    /// The task, `tsk_…`, if in one.
    pub task: Option<Cow<'a, str>>,
    /// What the task is for.
    pub purpose: Option<Cow<'a, str>>,
    /// How much was proved.
    pub proof: Strength,
    /// What the agent holds, by this credential and at this moment.
    pub scopes: Cow<'a, ScopeSet>,
    /// When.
    pub at: Timestamp,
    /// Where from.
    pub address: IpAddr,
    /// What the request has at each of [`crate::slice::Slice::fields`], in that order.
    pub fields: Vec<Found<'a>>,
}

/// One kind of thing that a policy can look at.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Fact {
    /// `principal`, by its kind, its project, or itself.
    Principal,
    /// `action`.
    Action,
    /// `resource`, by its API or itself.
    Resource,
    /// An attribute of the agent.
    OfPrincipal(Box<str>),
    /// An attribute of the operation.
    OfResource(Box<str>),
    /// `context.person`.
    Person,
    /// `context.chain`.
    Chain,
    /// `context.task`.
    Task,
    /// `context.purpose`.
    Purpose,
    /// `context.proof`.
    Proof,
    /// `context.proof_level`.
    ProofLevel,
    /// `context.scopes`.
    Scopes,
    /// `context.time`.
    Time,
    /// `context.hour`.
    Hour,
    /// `context.weekday`.
    Weekday,
    /// `context.address`.
    Address,
    /// A field of the request.
    Field(Field),
}

impl<'a> Principal<'a> {
    /// The agent as policies see it.
    pub fn of(agent: &'a Agent) -> Self {
        Self {
            name: agent.name.as_str(),
            project: agent.project.as_str(),
            owner: &agent.owner,
            kind: agent.kind,
        }
    }
}

impl Fact {
    /// The fact that an attribute of `context` shows, unless it is one that holds fields.
    pub(crate) fn of_context(attribute: &str) -> Option<Self> {
        Some(match attribute {
            "person" => Self::Person,
            "chain" => Self::Chain,
            "task" => Self::Task,
            "purpose" => Self::Purpose,
            "proof" => Self::Proof,
            "proof_level" => Self::ProofLevel,
            "scopes" => Self::Scopes,
            "time" => Self::Time,
            "hour" => Self::Hour,
            "weekday" => Self::Weekday,
            "address" => Self::Address,
            _ => return None,
        })
    }

    /// The attribute of `context` that shows it, if one does.
    pub(crate) const fn attribute(&self) -> Option<&'static str> {
        Some(match self {
            Self::Person => "person",
            Self::Chain => "chain",
            Self::Task => "task",
            Self::Purpose => "purpose",
            Self::Proof => "proof",
            Self::ProofLevel => "proof_level",
            Self::Scopes => "scopes",
            Self::Time => "time",
            Self::Hour => "hour",
            Self::Weekday => "weekday",
            Self::Address => "address",
            Self::Principal
            | Self::Action
            | Self::Resource
            | Self::OfPrincipal(_)
            | Self::OfResource(_)
            | Self::Field(_) => return None,
        })
    }
}

/// As policies write it: `context.purpose`.
impl fmt::Display for Fact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Principal => f.write_str("principal"),
            Self::Action => f.write_str("action"),
            Self::Resource => f.write_str("resource"),
            Self::OfPrincipal(attribute) => write!(f, "principal.{attribute}"),
            Self::OfResource(attribute) => write!(f, "resource.{attribute}"),
            Self::Field(field) => field.fmt(f),
            of_context => write!(f, "context.{}", of_context.attribute().unwrap_or_default()),
        }
    }
}
