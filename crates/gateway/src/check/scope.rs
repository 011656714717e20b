//! The agent holds every scope the operation asks for, at this moment.

use bailiwick_domain::denial::Denial;
use bailiwick_domain::scope::ScopeSet;

use super::delegation::Actor;
use super::operation::Wanted;

/// Checks the operation's scopes; a refusal names all that is missing at once.
pub fn check(actor: &Actor, wanted: &Wanted) -> Result<(), Denial> {
    let required = &wanted.operation().scopes;
    if required.iter().all(|scope| actor.holds(scope)) {
        return Ok(());
    }
    let missing = required.iter().filter(|scope| !actor.holds(scope)).cloned();
    Err(Denial::ScopeMissing { missing: ScopeSet::new(missing) })
}
