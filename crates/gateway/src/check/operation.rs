//! What they want: one verb on one resource. What is not described is refused.
//!
//! Over HTTP that is a method and a path; where MCP or A2A is spoken, what the message names, for
//! which it is read whole and held against its digest first.

use std::rc::Rc;
use std::sync::Arc;

use bailiwick_domain::api::Kind;
use bailiwick_domain::denial::Denial;
use bailiwick_domain::operation::Operation;
use bailiwick_domain::scope::Scope;

use crate::asked::Asked;
use crate::core::Gate;
use crate::routes::Routed;
use crate::speak::content::Content;
use crate::speak::heard::Heard;
use crate::speak::mcp::heard::Call;
use crate::speak::{a2a, mcp};

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
        // Large, and not what most requests carry along.
        kind => {
            let (named, heard) = Box::pin(hear(kind, asked, api, gate)).await;
            let heard = Rc::new(heard);
            asked.facts.note(|known| known.heard = Some(Rc::clone(&heard)));
            (named?, Some(heard))
        }
    };
    asked.facts.note(|known| known.operation = Some(Arc::clone(&operation)));
    Ok(Wanted { api: Arc::clone(api), operation, heard })
}

async fn hear(
    kind: Kind,
    asked: &Asked,
    api: &Routed,
    gate: &Gate<'_>,
) -> (Result<Arc<Operation>, Denial>, Heard) {
    if kind == Kind::A2a {
        let (named, heard) = a2a::asking::name(asked, api, gate).await;
        return (named, Heard::A2a(heard));
    }
    let (named, heard) = mcp::asking::name(asked, api, gate).await;
    (named, Heard::Mcp(heard))
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

    /// What was heard of the message, where a protocol beside HTTP is spoken.
    pub fn heard(&self) -> Option<&Rc<Heard>> {
        self.heard.as_ref()
    }

    /// What is asked for, where MCP is spoken.
    pub fn call(&self) -> Option<&Call> {
        self.heard.as_ref()?.mcp()?.call.as_ref()
    }

    /// What is called with what, where a message calls something.
    pub fn content(&self) -> Option<&Content> {
        self.heard.as_ref()?.content()
    }

    /// Every scope that it takes: the operation's, and those of what it tells of.
    pub fn scopes(&self) -> impl Iterator<Item = &Scope> {
        let also = self.heard.as_ref().map(|heard| heard.also()).unwrap_or_default();
        let also = also.iter().flat_map(|operation| operation.scopes.iter());
        self.operation.scopes.iter().chain(also)
    }

    /// The operations of which one is to be open to the agent; none where one alone is named.
    pub fn either(&self) -> &[Arc<Operation>] {
        self.heard.as_ref().map(|heard| heard.either()).unwrap_or_default()
    }

    /// How many people have to agree to it, where policies ask for so many; 0: nobody.
    pub fn approvers(&self, asked_by_policies: u8) -> u8 {
        let of_each = self.each().iter().map(|operation| operation.approvers(asked_by_policies));
        of_each.max().unwrap_or_default().max(self.operation.approvers(asked_by_policies))
    }

    /// The operations that policies decide about: the one that is named, or all that may answer.
    pub fn each(&self) -> &[Arc<Operation>] {
        match self.heard.as_ref().map(|heard| heard.each()) {
            None | Some([]) => std::slice::from_ref(&self.operation),
            Some(each) => each,
        }
    }
}
