//! What they want: one verb on one resource. What is not described is refused.
//!
//! Over HTTP that is a method and a path; where MCP is spoken, what the message names, for which it
//! is read whole and held against its digest first.

use std::rc::Rc;
use std::sync::Arc;

use bailiwick_domain::api::Kind;
use bailiwick_domain::denial::Denial;
use bailiwick_domain::operation::Operation;
use bailiwick_domain::scope::Scope;

use crate::asked::Asked;
use crate::core::Gate;
use crate::routes::Routed;
use crate::speak::mcp::asking;
use crate::speak::mcp::heard::{Call, Heard};

/// A described operation of an API.
#[derive(Debug)]
pub struct Wanted {
    api: Arc<Routed>,
    operation: Arc<Operation>,
    heard: Option<Rc<Heard>>,
}

/// Names the operation that is asked for.
pub async fn name(asked: &Asked, gate: &Gate<'_>) -> Result<Wanted, Denial> {
    let path = asked.target.path();
    let api = gate.world.apis.find(asked.host(), path).ok_or(Denial::OperationUnknown)?;
    let (operation, heard) = match api.api.kind {
        Kind::Http => {
            let operation = api.operation(asked.parts.method.as_str(), path);
            (Arc::clone(operation.ok_or(Denial::OperationUnknown)?), None)
        }
        Kind::A2a => return Err(Denial::OperationUnknown),
        // Large, and not what most requests carry along.
        Kind::Mcp => {
            let (operation, heard) = Box::pin(asking::name(asked, api, gate)).await?;
            (operation, Some(heard))
        }
    };
    asked.facts.note(|known| known.operation = Some(Arc::clone(&operation)));
    Ok(Wanted { api: Arc::clone(api), operation, heard })
}

impl Wanted {
    /// The API.
    pub fn api(&self) -> &Routed {
        &self.api
    }

    /// The same, to be kept.
    pub fn shared_api(&self) -> &Arc<Routed> {
        &self.api
    }

    /// The operation.
    pub fn operation(&self) -> &Arc<Operation> {
        &self.operation
    }

    /// What was heard of the message, where MCP is spoken.
    pub fn heard(&self) -> Option<&Rc<Heard>> {
        self.heard.as_ref()
    }

    /// What is asked for, where MCP is spoken.
    pub fn call(&self) -> Option<&Call> {
        self.heard.as_ref()?.call.as_ref()
    }

    /// Every scope that it takes: the operation's, and those of what it tells of.
    pub fn scopes(&self) -> impl Iterator<Item = &Scope> {
        let also = self.call().map(|call| call.also.as_slice()).unwrap_or_default();
        let also = also.iter().flat_map(|operation| operation.scopes.iter());
        self.operation.scopes.iter().chain(also)
    }
}
