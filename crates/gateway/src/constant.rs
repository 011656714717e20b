//! A permit for every request, for the benchmark that measures forwarding alone.
//!
//! Compiled only with the feature `constant-permit`, which nothing but the benchmark asks for, and
//! reached only through [`crate::listen::gateway::Gateway::start_constant`]: no configuration leads
//! here.

use std::sync::Arc;

use bailiwick_domain::denial::Denial;

use crate::asked::Asked;
use crate::check::delegation::Actor;
use crate::check::operation;
use crate::check::record::Receipt;
use crate::check::replay::Fresh;
use crate::core::Gate;
use crate::permit::Permit;
use crate::world::KnownAgent;

/// The permit: checked for nothing, recorded nowhere, its body neither read nor hashed.
pub(crate) fn admit(
    asked: &Asked,
    gate: &Gate<'_>,
    agent: &Arc<KnownAgent>,
) -> Result<Permit, Denial> {
    let wanted = operation::name(asked, gate.world)?;
    asked.payload.pass();
    let receipt = Receipt::constant(asked, gate);
    Ok(Permit::new(Actor::constant(Arc::clone(agent)), wanted, Fresh::constant(), receipt))
}
