//! What a request said, for those who decide about it and for its answer.

use std::sync::Arc;

use bailiwick_contract::card::Binding;
use bailiwick_domain::a2a::ANY;
use bailiwick_domain::operation::Operation;
use serde_json::Value;

use crate::speak::content::Content;

/// What was heard of a request: all of it, or what could be read before it was refused.
#[derive(Debug, Default)]
pub struct Heard {
    /// Whether it came by JSON-RPC; over HTTP with JSON else.
    pub binding: Option<Binding>,
    /// The id of the request, where it has one that can be read.
    pub id: Option<Value>,
    /// The protocol's own word for what is wrong, where it has one.
    pub wrong: Option<Wrong>,
    /// What is asked for, once that is known.
    pub call: Option<Call>,
}

impl Heard {
    /// Whether it is a message that may be for any skill.
    pub fn names_no_skill(&self) -> bool {
        let content = self.call.as_ref().and_then(|call| call.content.as_ref());
        content.is_some_and(|content| content.name == ANY)
    }
}

/// What is asked for.
#[derive(Debug, Default)]
pub struct Call {
    /// The message, where one is sent.
    pub content: Option<Content>,
    /// The operations that have to be open to the agent beside the one that is named.
    pub also: Vec<Arc<Operation>>,
    /// The operations of which one has to be open to the agent, where not one alone is named.
    pub either: Vec<Arc<Operation>>,
    /// The operations that policies and people decide about, where that is not the one that is
    /// named alone: all that may answer the message, and what it asks for beside.
    pub each: Vec<Arc<Operation>>,
    /// Whether a card is asked for.
    pub card: bool,
}

/// What the protocol calls a refusal (A2A 1.0, sections 5.4 and 9.5).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wrong {
    /// The body is not JSON that has one meaning.
    Parse,
    /// The body is no request.
    InvalidRequest,
    /// The method is none that is known.
    MethodNotFound,
    /// The parameters are not those of the method.
    InvalidParams,
    /// No URL is told of tasks here.
    PushNotificationNotSupported,
    /// The body is of another type.
    ContentTypeNotSupported,
    /// The version is not spoken.
    VersionNotSupported,
}

impl Wrong {
    /// The number of the error by JSON-RPC.
    pub const fn code(self) -> i64 {
        match self {
            Self::Parse => -32700,
            Self::InvalidRequest => -32600,
            Self::MethodNotFound => -32601,
            Self::InvalidParams => -32602,
            Self::PushNotificationNotSupported => -32003,
            Self::ContentTypeNotSupported => -32005,
            Self::VersionNotSupported => -32009,
        }
    }

    /// The reason in its `ErrorInfo`, where the error is the protocol's own.
    pub const fn reason(self) -> Option<&'static str> {
        match self {
            Self::PushNotificationNotSupported => Some("PUSH_NOTIFICATION_NOT_SUPPORTED"),
            Self::ContentTypeNotSupported => Some("CONTENT_TYPE_NOT_SUPPORTED"),
            Self::VersionNotSupported => Some("VERSION_NOT_SUPPORTED"),
            Self::Parse | Self::InvalidRequest | Self::MethodNotFound | Self::InvalidParams => None,
        }
    }
}
