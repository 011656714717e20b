//! The agent holds every scope the operation asks for, at this moment.

use bailiwick_domain::denial::Denial;
use bailiwick_domain::scope::ScopeSet;

use super::audience::Addressed;
use super::delegation::Actor;
use super::network::Located;
use super::operation::Wanted;

/// Says that the actor may do this, from here, with this credential.
#[derive(Debug)]
pub struct Entitled(());

/// Checks the operation's scopes; a refusal names all that is missing at once. Takes what network
/// and audience proved, so that neither can be left out.
pub fn check(actor: &Actor, wanted: &Wanted, _: (Located, Addressed)) -> Result<Entitled, Denial> {
    let required = &wanted.operation().scopes;
    if required.iter().all(|scope| actor.holds(scope)) {
        return Ok(Entitled(()));
    }
    let missing = required.iter().filter(|scope| !actor.holds(scope)).cloned();
    Err(Denial::ScopeMissing { missing: ScopeSet::new(missing) })
}
