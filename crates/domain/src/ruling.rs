//! What somebody decides about an approval, and who they are.

use std::str::FromStr;

use crate::agent::Unknown;
use crate::id::{OperatorId, PersonId};
use crate::person::Person;
use crate::time::Timestamp;

/// Who decides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decider {
    /// A person who signed in.
    Person {
        /// Their identifier.
        id: PersonId,
        /// What they are called.
        name: String,
        /// Their address, where it is known to be theirs.
        email: Option<String>,
    },
    /// The holder of an admin token, whoever that is: it counts as one.
    Operator {
        /// The token's identifier.
        id: OperatorId,
        /// What it is called.
        name: String,
    },
}

/// What somebody decided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// Who: `psn_…` or `opr_…`.
    pub by: String,
    /// What they were called.
    pub name: String,
    /// What they decided.
    pub verdict: Verdict,
    /// Why; never absent where they refused.
    pub reason: Option<String>,
    /// By which way.
    pub channel: Channel,
    /// When.
    pub at: Timestamp,
}

/// Yes or no.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Verdict {
    /// It may go through.
    Approve,
    /// It may not.
    Deny,
}

/// The way by which a decision came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Channel {
    /// The admin API, which the command line speaks.
    Api,
    /// The page.
    Page,
    /// A webhook of an operator's, which says who decided.
    Webhook,
    /// The person's own device, asked by their provider (`OpenID` CIBA Core 1.0).
    Ciba,
}

/// What is decided, before it is known of whom.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ruling {
    /// What.
    pub verdict: Verdict,
    /// Why.
    pub reason: Option<String>,
    /// By which way.
    pub channel: Channel,
}

impl Ruling {
    /// The decision that it is once it is known of whom.
    pub(crate) fn by(self, decider: &Decider, at: Timestamp) -> Decision {
        let Self { verdict, reason, channel } = self;
        Decision { by: decider.id(), name: decider.name().to_owned(), verdict, reason, channel, at }
    }
}

impl From<&Person> for Decider {
    fn from(person: &Person) -> Self {
        Self::Person { id: person.id, name: person.name.clone(), email: person.email.clone() }
    }
}

impl Decider {
    /// Their identifier.
    pub fn id(&self) -> String {
        match self {
            Self::Person { id, .. } => id.to_string(),
            Self::Operator { id, .. } => id.to_string(),
        }
    }

    /// What they are called.
    pub fn name(&self) -> &str {
        match self {
            Self::Person { name, .. } | Self::Operator { name, .. } => name,
        }
    }
}

impl Verdict {
    /// The verdict as it is written everywhere.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Approve => "approve",
            Self::Deny => "deny",
        }
    }
}

impl FromStr for Verdict {
    type Err = Unknown;

    fn from_str(text: &str) -> Result<Self, Unknown> {
        match text {
            "approve" => Ok(Self::Approve),
            "deny" => Ok(Self::Deny),
            _ => Err(Unknown::word(text, "a verdict: approve or deny")),
        }
    }
}

impl Channel {
    /// The way as it is written everywhere.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Api => "api",
            Self::Page => "page",
            Self::Webhook => "webhook",
            Self::Ciba => "ciba",
        }
    }
}

impl FromStr for Channel {
    type Err = Unknown;

    fn from_str(text: &str) -> Result<Self, Unknown> {
        match text {
            "api" => Ok(Self::Api),
            "page" => Ok(Self::Page),
            "webhook" => Ok(Self::Webhook),
            "ciba" => Ok(Self::Ciba),
            _ => Err(Unknown::word(text, "a way to decide: api, page, webhook or ciba")),
        }
    }
}
