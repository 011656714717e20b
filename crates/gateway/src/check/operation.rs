//! What they want: one verb on one resource. What is not described is refused.

use std::sync::Arc;

use bailiwick_domain::denial::Denial;
use bailiwick_domain::operation::Operation;

use crate::asked::Asked;
use crate::routes::Routed;
use crate::world::World;

/// A described operation of an API.
#[derive(Debug)]
pub struct Wanted {
    api: Arc<Routed>,
    operation: Arc<Operation>,
}

/// Names the operation that host, path and method ask for.
pub fn name(asked: &Asked, world: &World) -> Result<Wanted, Denial> {
    let path = asked.target.path();
    let api = world.apis.find(asked.host(), path).ok_or(Denial::OperationUnknown)?;
    let operation =
        api.operation(asked.parts.method.as_str(), path).ok_or(Denial::OperationUnknown)?;
    asked.facts.note(|known| known.operation = Some(Arc::clone(operation)));
    Ok(Wanted { api: Arc::clone(api), operation: Arc::clone(operation) })
}

impl Wanted {
    /// The API.
    pub fn api(&self) -> &Routed {
        &self.api
    }

    /// The operation.
    pub fn operation(&self) -> &Arc<Operation> {
        &self.operation
    }
}
