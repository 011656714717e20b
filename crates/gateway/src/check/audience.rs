//! The credential is good for this API: the token names it, the proof is as strong as it asks, and
//! a session there is the agent's own.

use bailiwick_domain::denial::Denial;

use super::delegation::Actor;
use super::operation::Wanted;

/// Says that the credential is good for the API.
#[derive(Debug)]
pub struct Addressed(());

/// Checks `aud` (RFC 9068, section 4; RFC 8707), that every grant behind the token is for this API,
/// and the API's least proof. A token that another
/// issuer made for a workload is for an API only where the API says so.
pub fn check(actor: &Actor, wanted: &Wanted) -> Result<Addressed, Denial> {
    let api = &wanted.api().api;
    if let Some(token) = actor.token()
        && !token.aud.contains(&api.resource)
    {
        return Err(Denial::TokenAudience);
    }
    if !actor.grants().all(|grant| grant.extent.resources.contains(&api.resource)) {
        return Err(Denial::DelegationInvalid("the API is not one that it was granted for"));
    }
    if actor.came_by_workload_token() && !api.workload_tokens {
        return Err(Denial::TokenAudience);
    }
    if actor.strength() < api.proof {
        return Err(Denial::ProofTooWeak { required: api.proof });
    }
    let session = wanted.call().and_then(|call| call.session.as_ref());
    if session.is_some_and(|(_, session)| !session.is_of(actor.owner())) {
        return Err(Denial::AgentMismatch);
    }
    Ok(Addressed(()))
}
