//! What has been established about a request so far. Only for its record: no check reads it.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

use bailiwick_domain::credential::Strength;
use bailiwick_domain::id::{ApprovalId, KeyId};
use bailiwick_domain::operation::Operation;
use bailiwick_ledger::entry::{ByPolicies, WouldBe};
use bailiwick_proof::jwt::AccessToken;
use bailiwick_proof::{dpop, wallet};

use crate::check::revocation::{Mandate, Under};
use crate::speak::heard::Heard;
use crate::world::KnownAgent;

/// The facts, filled in as checks prove them.
#[derive(Debug, Default)]
pub struct Facts(RefCell<Known>);

/// What is known.
#[derive(Debug, Default, Clone)]
pub struct Known {
    /// The agent that proved itself.
    pub agent: Option<Arc<KnownAgent>>,
    /// The key by which it did.
    pub key: Option<KeyId>,
    /// The token it presented, verified.
    pub token: Option<Rc<AccessToken>>,
    /// The grant that it acts under, where no token says so.
    pub under: Option<Rc<Under>>,
    /// How much was proved.
    pub strength: Option<Strength>,
    /// By which scheme to tell the caller how to do better, if by one of its own.
    pub challenge: Option<Challenge>,
    /// The operation it asked for.
    pub operation: Option<Arc<Operation>>,
    /// What was heard of a message, where the API speaks another protocol.
    pub heard: Option<Rc<Heard>>,
    /// What it would have been, where a check only observes.
    pub would_be: Option<WouldBe<'static>>,
    /// The approval that it waits for, was refused by, or goes by.
    pub approval: Option<ApprovalId>,
    /// What the policies said.
    pub verdict: Option<Rc<Verdict>>,
}

/// What the policies said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// The policies that led to the decision, by name.
    pub policies: Vec<Arc<str>>,
    /// The version that was in force.
    pub version: u64,
    /// The shadow policies by which it would have been another.
    pub shadow: Vec<Arc<str>>,
}

/// A scheme that has its own words for what was wrong, and what they were.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Challenge {
    /// DPoP (RFC 9449, section 7.1).
    Dpop(Option<dpop::Refused>),
    /// A wallet's signature (ERC-8128, section 6).
    Wallet(Option<wallet::Refused>),
}

impl Verdict {
    /// The verdict as a record says it.
    pub fn entry(&self) -> ByPolicies<'_> {
        let Self { policies, version, shadow } = self;
        ByPolicies { policies, version: *version, shadow }
    }
}

impl Known {
    /// By whose authority the agent acts, where a token or a grant says so.
    pub fn mandate(&self) -> Option<Mandate<'_>> {
        let token = self.token.as_deref().map(Mandate::from);
        token.or_else(|| self.under.as_deref().map(Mandate::from))
    }
}

impl Facts {
    /// Adds to what is known.
    pub(crate) fn note(&self, add: impl FnOnce(&mut Known)) {
        add(&mut self.0.borrow_mut());
    }

    /// What is known now.
    pub(crate) fn known(&self) -> Known {
        self.0.borrow().clone()
    }
}
