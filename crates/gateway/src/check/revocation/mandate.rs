//! By whose authority, other than its own, an agent acts: what records, headers and transaction
//! tokens say of it, whether a token told so or a grant that the credential names.

use bailiwick_domain::grant::Acting;
use bailiwick_domain::id::{GrantId, TaskId};
use bailiwick_proof::jwt::AccessToken;

/// What a grant says that is used without a token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Under {
    /// The grant.
    pub grant: GrantId,
    /// The task, of the nearest grant that is one.
    pub task: Option<TaskId>,
    /// What that one is for.
    pub purpose: Option<String>,
    /// Whose authority it is, and who acts by it.
    pub acting: Acting,
}

impl Under {
    /// What is known of a grant that has ended: its id.
    pub(super) fn unknown(grant: GrantId) -> Self {
        let acting = Acting { subject: String::new(), actors: Vec::new() };
        Self { grant, task: None, purpose: None, acting }
    }
}

/// By whose authority an agent acts.
#[derive(Debug, Clone, Copy)]
pub struct Mandate<'a> {
    /// The grant that it acts by.
    pub grant: Option<GrantId>,
    /// The task that it acts in.
    pub task: Option<TaskId>,
    /// What the task, or else the grant, is for.
    pub purpose: Option<&'a str>,
    /// The present actor first; nobody where the agent acts for itself.
    pub actors: &'a [String],
    subject: &'a str,
}

impl<'a> Mandate<'a> {
    /// Whose authority it is, where that is somebody else's.
    pub fn on_behalf_of(&self) -> Option<&'a str> {
        (!self.actors.is_empty()).then_some(self.subject)
    }

    /// Everybody from whose authority it is to the present actor; nobody where it is the agent's
    /// own.
    pub fn chain(&self) -> Vec<&'a str> {
        let actors = self.actors.iter().rev().map(String::as_str);
        self.on_behalf_of().into_iter().chain(actors).collect()
    }
}

impl<'a> From<&'a AccessToken> for Mandate<'a> {
    fn from(token: &'a AccessToken) -> Self {
        Self {
            grant: token.grant,
            task: token.task,
            purpose: token.purpose.as_deref(),
            actors: &token.act,
            subject: &token.sub,
        }
    }
}

impl<'a> From<&'a Under> for Mandate<'a> {
    fn from(under: &'a Under) -> Self {
        Self {
            grant: Some(under.grant),
            task: under.task,
            purpose: under.purpose.as_deref(),
            actors: &under.acting.actors,
            subject: &under.acting.subject,
        }
    }
}
