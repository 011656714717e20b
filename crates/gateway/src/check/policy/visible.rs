//! What an agent is shown of what an API offers: what scopes and policies let it call.

use std::sync::Arc;

use bailiwick_domain::operation::Operation;
use bailiwick_policy::decision::Decision;
use bailiwick_policy::facts::Facts;

use crate::check::delegation::Actor;
use crate::check::operation::Wanted;
use crate::check::scope;
use crate::core::Gate;
use crate::speak::mcp::heard::Call;
use crate::speak::mcp::visible::Visible;

/// Notes what the answer will be cut to.
pub(super) fn note(
    call: &Call,
    (actor, wanted): (&Actor, &Wanted),
    facts: &Facts<'_>,
    gate: &Gate<'_>,
) {
    let api = wanted.api();
    let operations = api.service.operations().iter().filter(|operation| {
        scope::may(actor, &api.api, operation) && is_permitted(actor, operation, facts, gate)
    });
    call.visible.get_or_init(|| Visible::of(operations));
}

/// Whether policies let it be called, where they decide without what it is called with; where they
/// need that, it is shown, and decided when it is called. An error shows nothing.
fn is_permitted(
    actor: &Actor,
    operation: &Arc<Operation>,
    facts: &Facts<'_>,
    gate: &Gate<'_>,
) -> bool {
    let Some(engine) = gate.world.policies().engine() else { return false };
    let slice = gate.core.slices.borrow_mut().find(engine, actor.agent(), operation);
    let Ok(slice) = slice else { return false };
    if slice.fields().next().is_some() {
        return true;
    }
    let decision = slice.decide(facts).decision;
    matches!(decision, Decision::Allow | Decision::NeedsApproval { .. })
}
