//! What a request said, for those who decide about it and for its answer.

use std::cell::OnceCell;
use std::sync::Arc;

use bailiwick_contract::catalog::List;
use bailiwick_domain::id::ApprovalId;
use bailiwick_domain::operation::Operation;
use bytes::Bytes;
use http::StatusCode;
use serde_json::Value;

use super::revision::Revision;
use super::session::Session;
use super::visible::Visible;
use crate::speak::content::Content;

/// What was heard of a message: all of it, or what could be read before it was refused.
#[derive(Debug, Default)]
pub struct Heard {
    /// The id of the request, where it is one and can be read.
    pub id: Option<Value>,
    /// The protocol's own word for what is wrong, where it has one.
    pub wrong: Option<Wrong>,
    /// What is asked for, once that is known.
    pub call: Option<Call>,
}

/// An error of the protocol's.
#[derive(Debug, Clone, PartialEq)]
pub struct Wrong {
    /// Its number.
    pub code: i64,
    /// The HTTP status that the protocol asks for, where it is another than the denial's.
    pub status: Option<StatusCode>,
    /// What the protocol has its error say beside.
    pub data: Vec<(&'static str, Value)>,
}

/// What is asked for.
#[derive(Debug)]
pub struct Call {
    /// The revision it is of.
    pub revision: Revision,
    /// The session it is in, if in one, and how the client names that.
    pub session: Option<(String, Session)>,
    /// How its person can be shown a page, if at all.
    pub eliciting: Eliciting,
    /// Whether the request begins a session whose client shows pages.
    pub begins_eliciting: bool,
    /// Other operations that it takes to be allowed: what it asks to complete, or to hear of.
    pub also: Vec<Arc<Operation>>,
    /// The list it asks for, if it asks for one.
    pub list: Option<List>,
    /// Whether the answer may tell of what is offered: a list, or a stream of whatever the server
    /// says.
    pub tells: bool,
    /// What it is called with: of a tool, a prompt or a resource.
    pub content: Option<Content>,
    /// The approval that it says it goes by.
    pub approval: Option<ApprovalId>,
    /// The message as the server is to see it, where it is not as it was sent: without what was
    /// said to the gateway, or asks for a task, and in the gateway's trace.
    pub rewritten: Option<Bytes>,
    /// What the agent may call, where the answer will be cut to that.
    pub visible: OnceCell<Visible>,
}

/// How a client shows its person a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Eliciting {
    /// It does not.
    No,
    /// When an error asks for it (MCP 2025-11-25, URL Mode Elicitation).
    ByError,
    /// When a result asks for it (MCP 2026-07-28, Multi Round-Trip Requests).
    ByResult,
}

impl Call {
    /// A call of a revision, and nothing else of it.
    pub fn new(revision: Revision) -> Self {
        Self {
            revision,
            session: None,
            eliciting: Eliciting::No,
            begins_eliciting: false,
            also: Vec::new(),
            list: None,
            tells: false,
            content: None,
            approval: None,
            rewritten: None,
            visible: OnceCell::new(),
        }
    }

    /// Whether message or answer have to be changed on their way, which only a gateway can do that
    /// they pass through. That the message names the caller's span as its parent, and not the
    /// gateway's, does nobody harm.
    pub fn passes_through(&self) -> bool {
        self.tells || self.session.is_some() || self.approval.is_some()
    }
}
