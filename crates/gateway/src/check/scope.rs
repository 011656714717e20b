//! The agent holds every scope the operation asks for, at this moment, and may do exactly this.

use std::sync::Arc;

use bailiwick_domain::api::Api;
use bailiwick_domain::denial::Denial;
use bailiwick_domain::details::Details;
use bailiwick_domain::operation::Operation;
use bailiwick_domain::scope::ScopeSet;

use super::audience::Addressed;
use super::delegation::Actor;
use super::network::Located;
use super::operation::Wanted;
use crate::asked::Asked;

/// Says that the actor may do this, from here, with this credential.
#[derive(Debug)]
pub struct Entitled(());

/// Checks the operation's scopes, where a refusal names all that is missing at once, and the
/// details of what was granted. Takes what network and audience proved, so that neither can be left
/// out.
pub fn check(
    actor: &Actor,
    wanted: &Wanted,
    asked: &Asked,
    _: (Located, Addressed),
) -> Result<Entitled, Denial> {
    if !wanted.scopes().all(|scope| actor.holds(scope)) {
        let missing = wanted.scopes().filter(|scope| !actor.holds(scope)).cloned();
        return Err(Denial::ScopeMissing { missing: ScopeSet::new(missing) });
    }
    check_either(actor, wanted)?;
    // What a protocol keeps house by is not what was granted, nor does it reach any of that.
    let keeps_house = wanted.heard().is_some_and(|heard| heard.keeps_house());
    if !keeps_house && !actor.details().all(|details| allow(details, wanted, asked)) {
        return Err(Denial::DelegationInvalid("the operation is not in authorization_details"));
    }
    Ok(Entitled(()))
}

/// Checks that one operation of those of which one is enough is open to the actor. A refusal names
/// what is missing to the one that is nearest.
fn check_either(actor: &Actor, wanted: &Wanted) -> Result<(), Denial> {
    let (api, either) = (&wanted.api().api, wanted.either());
    if either.is_empty() || either.iter().any(|operation| may(actor, api, operation)) {
        return Ok(());
    }
    let missing = |operation: &Arc<Operation>| {
        let missing = operation.scopes.iter().filter(|scope| !actor.holds(scope));
        missing.cloned().collect::<Vec<_>>()
    };
    let nearest = either.iter().map(missing).min_by_key(Vec::len).unwrap_or_default();
    if nearest.is_empty() {
        return Err(Denial::DelegationInvalid("the operation is not in authorization_details"));
    }
    Err(Denial::ScopeMissing { missing: ScopeSet::new(nearest) })
}

/// Whether the actor may do this, as far as scopes and details decide: for what is not asked for
/// yet. Where a protocol beside HTTP is spoken, every operation has one path.
pub(super) fn may(actor: &Actor, api: &Api, operation: &Operation) -> bool {
    let named = (operation.method.as_str(), operation.template.as_str());
    operation.scopes.iter().all(|scope| actor.holds(scope))
        && actor.details().all(|details| details.allow(&api.resource, named, "/"))
}

/// Whether the details name the operation (RFC 9396, section 9.1): its API, method and template,
/// and the path as the API knows it. Without any, scopes alone decide.
fn allow(details: &Details, wanted: &Wanted, asked: &Asked) -> bool {
    let (routed, operation) = (wanted.api(), wanted.operation());
    let named = (operation.method.as_str(), operation.template.as_str());
    let path = routed.strip(asked.target.path());
    path.is_some_and(|path| details.allow(&routed.api.resource, named, path))
}
