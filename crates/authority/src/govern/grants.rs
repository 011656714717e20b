//! Grants: ended by operators.

use bailiwick_domain::grant::Grant;
use bailiwick_domain::id::GrantId;

use crate::authority::Authority;
use crate::govern::effect;
use crate::refusal::Refusal;

/// Ends a grant, and everything that hangs on it; once more changes nothing.
pub(crate) async fn end(authority: &Authority, id: GrantId) -> Result<Grant, Refusal> {
    let mut tx = authority.store.begin().await?;
    let grant = tx.grants().find(id).await?.ok_or(Refusal::NotFound("grant"))?;
    if grant.ended_at.is_some() {
        return Ok(grant);
    }
    let grant = grant.end("taken back by an operator", authority.now());
    tx.grants().update(&grant).await?;
    effect::save(tx).await?;
    Ok(grant)
}
