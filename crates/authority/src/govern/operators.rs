//! Operators' admin tokens: made with a role, and taken away.

use bailiwick_domain::id::OperatorId;
use bailiwick_domain::operator::Operator;
use bailiwick_domain::person::Role;
use bailiwick_proof::opaque::{self, Opens};
use zeroize::Zeroizing;

use crate::authority::Authority;
use crate::govern::people::keep_an_admin;
use crate::refusal::Refusal;

/// Makes an operator. The token is returned here and nowhere else: only its digest is stored.
pub(crate) async fn add(
    authority: &Authority,
    name: String,
    role: Role,
) -> Result<(Operator, Zeroizing<String>), Refusal> {
    let (token, digest) = opaque::fresh(Opens::Administration, &authority.entropy);
    let now = authority.now();
    let id = OperatorId::fresh(now, &authority.entropy);
    let operator = Operator { id, name, role, created_at: now, revoked_at: None };
    let mut tx = authority.store.begin().await?;
    tx.operators().insert(&operator, &digest).await?;
    tx.save().await?;
    Ok((operator, token))
}

/// Takes an operator's token away, from the next request on.
pub(crate) async fn revoke(authority: &Authority, id: OperatorId) -> Result<Operator, Refusal> {
    let mut tx = authority.store.begin().await?;
    tx.operators().find(id).await?.ok_or(Refusal::NotFound("operator"))?;
    tx.operators().revoke(id, authority.now()).await?;
    keep_an_admin(&mut tx).await?;
    let revoked = tx.operators().find(id).await?.ok_or(Refusal::NotFound("operator"))?;
    tx.save().await?;
    Ok(revoked)
}
