//! What was heard of a message, whatever protocol it is of.

use std::sync::Arc;

use bailiwick_domain::operation::Operation;

use super::content::Content;
use super::{a2a, mcp};

/// What was heard of a message.
#[derive(Debug)]
pub enum Heard {
    /// Of the Model Context Protocol.
    Mcp(mcp::heard::Heard),
    /// Of the Agent2Agent protocol.
    A2a(a2a::heard::Heard),
}

impl Heard {
    /// What it is called with, where something is called.
    pub fn content(&self) -> Option<&Content> {
        match self {
            Self::Mcp(heard) => heard.call.as_ref()?.content.as_ref(),
            Self::A2a(heard) => heard.call.as_ref()?.content.as_ref(),
        }
    }

    /// Operations that have to be open to the agent beside the one that is named.
    pub fn also(&self) -> &[Arc<Operation>] {
        match self {
            Self::Mcp(heard) => heard.call.as_ref().map(|call| call.also.as_slice()),
            Self::A2a(heard) => heard.call.as_ref().map(|call| call.also.as_slice()),
        }
        .unwrap_or_default()
    }

    /// Operations of which one has to be open to the agent.
    pub fn either(&self) -> &[Arc<Operation>] {
        match self {
            Self::Mcp(_) => &[],
            Self::A2a(heard) => heard.call.as_ref().map_or(&[], |call| call.either.as_slice()),
        }
    }

    /// The operations that policies and people decide about, where that is not the one that is
    /// named alone.
    pub fn each(&self) -> &[Arc<Operation>] {
        match self {
            Self::Mcp(_) => &[],
            Self::A2a(heard) => heard.call.as_ref().map_or(&[], |call| call.each.as_slice()),
        }
    }

    /// Whether it only keeps the protocol's house, and reaches nothing that was granted.
    pub fn keeps_house(&self) -> bool {
        match self {
            Self::Mcp(heard) => heard.call.as_ref().is_some_and(|call| call.content.is_none()),
            Self::A2a(_) => !self.either().is_empty(),
        }
    }

    /// Whether message or answer are changed or checked on their way, which only a gateway can do
    /// that they pass through.
    pub fn passes_through(&self) -> bool {
        match self {
            Self::Mcp(heard) => heard.call.as_ref().is_some_and(mcp::heard::Call::passes_through),
            Self::A2a(heard) => heard.call.as_ref().is_some_and(|call| call.card),
        }
    }

    /// As a message of the Model Context Protocol.
    pub fn mcp(&self) -> Option<&mcp::heard::Heard> {
        match self {
            Self::Mcp(heard) => Some(heard),
            Self::A2a(_) => None,
        }
    }

    /// As a request of the Agent2Agent protocol.
    pub fn a2a(&self) -> Option<&a2a::heard::Heard> {
        match self {
            Self::A2a(heard) => Some(heard),
            Self::Mcp(_) => None,
        }
    }
}
