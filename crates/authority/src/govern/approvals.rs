//! Approvals: shown to people, and decided by them.

use bailiwick_domain::approval::{Approval, State, Undecidable};
use bailiwick_domain::id::ApprovalId;
use bailiwick_domain::ruling::{Decider, Ruling};
use bailiwick_store::Tx;

use crate::authority::Authority;
use crate::fault::Fault;
use crate::govern::effect;
use crate::refusal::Refusal;

/// An approval, and what people are shown of its body.
#[derive(Debug)]
pub(crate) struct Shown {
    /// The approval.
    pub(crate) approval: Approval,
    /// The body, masked and in bounds; nothing where there is none, or once it is over.
    pub(crate) body: Option<String>,
}

/// The approval with what there is to see of it.
pub(crate) async fn show(authority: &Authority, id: &str) -> Result<Shown, Refusal> {
    let mut tx = authority.store.read().await?;
    let approval = find(&mut tx, id).await?;
    let waits = matches!(approval.state_at(authority.now()), State::Pending | State::Approved);
    let sealed = if waits { tx.approvals().body(approval.id).await? } else { None };
    drop(tx);
    let body = sealed.map(|sealed| open(authority, &approval, &sealed)).transpose()?;
    Ok(Shown { approval, body })
}

/// Decides about an approval. Those who wait for it hear of it.
pub(crate) async fn decide(
    authority: &Authority,
    id: &str,
    by: &Decider,
    ruling: Ruling,
) -> Result<Approval, Refusal> {
    let now = authority.now();
    let mut tx = authority.store.begin().await?;
    let approval = find(&mut tx, id).await?;
    let decided = approval.decide(by, ruling, now)?;
    if !tx.approvals().decide(&decided).await? {
        return Err(Undecidable::Closed(State::Expired).into());
    }
    effect::save(tx).await?;
    let (by, state) = (by.id(), decided.state);
    tracing::info!(approval = %decided.id, %by, %state, "somebody decided about a request");
    Ok(decided)
}

async fn find(tx: &mut Tx, id: &str) -> Result<Approval, Refusal> {
    let absent = Refusal::NotFound("approval");
    let id: ApprovalId = id.parse().map_err(|_| absent.clone())?;
    tx.approvals().find(id).await?.ok_or(absent)
}

/// What people are shown of a body.
pub(crate) fn open(
    authority: &Authority,
    approval: &Approval,
    sealed: &[u8],
) -> Result<String, Fault> {
    let opened = authority.sealer.open(sealed, &approval.id.sealed_for())?;
    let text = std::str::from_utf8(&opened).map_err(|_| Fault::Corrupt("a body"))?;
    Ok(text.to_owned())
}
