//! What every request goes through. **Read this first.**
//!
//! One straight function. Each step consumes what the step before it proved, so the order written
//! is the only order that compiles; configuration changes what a check knows, never whether it
//! runs. Skipping the proof, for one, is a type error:
//!
//! ```compile_fail,E0308
//! use bailiwick_gateway::asked::Asked;
//! use bailiwick_gateway::check::{revocation, token};
//! use bailiwick_gateway::core::Gate;
//!
//! fn skip_the_proof(issued: token::Issued<'_>, asked: &Asked, gate: &Gate<'_>) {
//!     let _ = revocation::check(issued, asked, gate);
//! }
//! ```
//!
//! while with it the same lines compile:
//!
//! ```
//! use bailiwick_gateway::asked::Asked;
//! use bailiwick_gateway::check::{proof, revocation, token};
//! use bailiwick_gateway::core::Gate;
//!
//! async fn keep_the_proof(issued: token::Issued<'_>, asked: &Asked, gate: &Gate<'_>) {
//!     if let Ok(bound) = proof::check(issued, asked, gate).await {
//!         let _ = revocation::check(bound, asked, gate);
//!     }
//! }
//! ```
//!
//! A limit cannot be taken for somebody whom the policies were not asked about, nor can they be
//! asked about somebody whose scopes were not checked:
//!
//! ```compile_fail,E0308
//! use bailiwick_gateway::asked::Asked;
//! use bailiwick_gateway::check::{budget, delegation, operation, scope};
//! use bailiwick_gateway::core::Gate;
//!
//! async fn skip_the_policies(
//!     actor: &delegation::Actor,
//!     wanted: &operation::Wanted,
//!     entitled: scope::Entitled,
//!     asked: &Asked,
//!     gate: &Gate<'_>,
//! ) {
//!     let _ = budget::reserve(actor, wanted, entitled, asked.at(), gate).await;
//! }
//! ```
//!
//! ```compile_fail,E0308
//! use bailiwick_gateway::asked::Asked;
//! use bailiwick_gateway::check::{audience, contract, operation};
//! use bailiwick_gateway::core::Gate;
//!
//! async fn skip_the_scopes(
//!     wanted: &operation::Wanted,
//!     addressed: audience::Addressed,
//!     asked: &Asked,
//!     gate: &Gate<'_>,
//! ) {
//!     let _ = contract::check(wanted, addressed, asked, gate).await;
//! }
//! ```
//!
//! And nothing is let through that nobody looked at where people have to:
//!
//! ```compile_fail,E0308
//! use bailiwick_gateway::asked::Asked;
//! use bailiwick_gateway::check::{record, replay};
//! use bailiwick_gateway::core::Gate;
//!
//! async fn skip_the_approval(fresh: replay::Fresh, asked: &Asked, gate: &Gate<'_>) {
//!     let _ = record::open(fresh, asked, gate).await;
//! }
//! ```

use bailiwick_domain::denial::Denial;

use crate::asked::Asked;
use crate::check::{
    approval, audience, budget, contact, contract, credential, delegation, network, operation,
    policy, proof, record, replay, revocation, scope, token,
};
use crate::core::Gate;
use crate::observed::Observed;
use crate::permit::Permit;

/// Admits a request, or says why not.
pub async fn admit(asked: &Asked, gate: &Gate<'_>) -> Result<Permit, Denial> {
    // Is what is known here still so?
    let in_touch = contact::check(asked, gate)?; // the store has answered a moment ago

    // Who is calling, and can they prove it?
    let claimed = credential::find(asked, in_touch)?; // exactly one credential, or refuse
    let issued = token::verify(claimed, asked, gate).await?; // signature, issuer, type, expiry
    let bound = proof::check(issued, asked, gate).await?; // holds the key, for this request
    let standing = revocation::check(bound, asked, gate)?; // agent, key, token, grants are live
    let actor = delegation::resolve(standing, asked)?; // who acts, and how narrowly
    let located = network::check(&actor, asked)?;

    // What do they want, and may they have it?
    let wanted = operation::name(asked, gate).await?; // one verb on one resource
    let addressed = audience::check(&actor, &wanted)?; // this API, strong enough
    let entitled = scope::check(&actor, &wanted, asked, (located, addressed))?;
    let fitting = contract::check(&wanted, entitled, asked, gate).await?; // as it is described
    let allowed = policy::decide(&actor, &wanted, fitting, asked, gate).await?; // an error denies
    let prepared = approval::prepare(&wanted, &allowed, asked, gate).await?; // how many people
    let spend = budget::reserve(&actor, &wanted, allowed, asked.at(), gate).await?;
    let fresh = replay::spend(&actor, spend, asked, gate).await?; // this proof, once
    let approved = approval::find(&actor, &wanted, (fresh, prepared), asked, gate).await?;

    // Written down before it happens.
    let (approved, receipt) = record::open(approved, asked, gate).await?;
    Ok(Permit::new(actor, wanted, approved, receipt))
}

/// What becomes of a request that is to be refused: it is, unless its API is only observed.
pub async fn observe(asked: &Asked, denial: Denial, gate: &Gate<'_>) -> Result<Observed, Denial> {
    Observed::open(asked, denial, gate).await
}
