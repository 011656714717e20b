//! The agent holds every scope the operation asks for, at this moment, and may do exactly this.

use bailiwick_domain::denial::Denial;
use bailiwick_domain::details::Details;
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
    let required = &wanted.operation().scopes;
    if !required.iter().all(|scope| actor.holds(scope)) {
        let missing = required.iter().filter(|scope| !actor.holds(scope)).cloned();
        return Err(Denial::ScopeMissing { missing: ScopeSet::new(missing) });
    }
    if !actor.details().all(|details| allow(details, wanted, asked)) {
        return Err(Denial::DelegationInvalid("the operation is not in authorization_details"));
    }
    Ok(Entitled(()))
}

/// Whether the details name the operation (RFC 9396, section 9.1): its API, method and template,
/// and the path as the API knows it. Without any, scopes alone decide.
fn allow(details: &Details, wanted: &Wanted, asked: &Asked) -> bool {
    let (routed, operation) = (wanted.api(), wanted.operation());
    let named = (operation.method.as_str(), operation.template.as_str());
    let path = routed.strip(asked.target.path());
    path.is_some_and(|path| details.allow(&routed.api.resource, named, path))
}
