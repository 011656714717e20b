//! Seeing to what is put before people elsewhere: one look at a time, by one process at a time,
//! until it is decided or over.

use bailiwick_domain::approval::{Approval, State};
use bailiwick_domain::time::Timestamp;
use bailiwick_store::referrals::Referral;
use tokio::task::JoinSet;

use crate::authority::Authority;
use crate::fault::Fault;
use crate::referrals::next::Next;
use crate::referrals::refer::{By, refer};
use crate::referrals::{notice, question};

/// How long a process has to itself for one look, in seconds: longer than one exchange takes.
const LEASE_SECONDS: i64 = 30;
/// How often it is tried where the other side does not take it, and how long to wait the first
/// time, in seconds; twice as long each time.
const MOST_TRIES: u32 = 6;
const FIRST_WAIT_SECONDS: i64 = 5;

/// Puts what waits before people elsewhere, and begins to see to what was put before them.
pub(crate) async fn look(authority: &Authority, seeing: &mut JoinSet<()>) -> Result<(), Fault> {
    let mut by = By::every(authority).peekable();
    if by.peek().is_none() {
        return Ok(());
    }
    for by in by {
        refer(authority, by).await?;
    }
    let due = authority.store.read().await?.referrals().due(authority.now()).await?;
    for referral in due {
        let authority = authority.clone();
        seeing.spawn(async move {
            if let Err(fault) = follow(&authority, referral).await {
                fault.log();
            }
        });
    }
    Ok(())
}

async fn follow(authority: &Authority, mut referral: Referral) -> Result<(), Fault> {
    let now = authority.now();
    let mut tx = authority.store.begin_append().await?;
    let own = tx.referrals().claim(&referral, now, now.plus_seconds(LEASE_SECONDS)).await?;
    tx.save().await?;
    if !own {
        return Ok(());
    }
    let approval = authority.store.read().await?.approvals().find(referral.approval).await?;
    let waiting = approval.filter(|it| it.state_at(now) == State::Pending);
    let next = match (by(authority, &referral), waiting) {
        (Some(by), Some(approval)) => see(authority, by, &mut referral, approval).await?,
        _ => Next::Done,
    };
    let next_at = next_at(&referral, next, now);
    let mut tx = authority.store.begin_append().await?;
    tx.referrals().keep(&referral, next_at).await?;
    tx.save().await?;
    Ok(())
}

/// The way as it is configured now; none if it is not any more.
fn by<'a>(authority: &'a Authority, referral: &Referral) -> Option<By<'a>> {
    By::every(authority).find(|by| by.name() == referral.way)
}

async fn see(
    authority: &Authority,
    by: By<'_>,
    referral: &mut Referral,
    approval: Approval,
) -> Result<Next, Fault> {
    match by {
        By::Hook(hook) => notice::tell(authority, hook, approval).await,
        By::Provider(way) => question::look(authority, way, referral, &approval).await,
    }
}

fn next_at(referral: &Referral, next: Next, now: Timestamp) -> Option<Timestamp> {
    match next {
        Next::Done => None,
        Next::After(seconds) => Some(now.plus_seconds(i64::from(seconds))),
        Next::Again(why) => {
            let tries = referral.tries.saturating_add(1);
            let (approval, way) = (referral.approval, &referral.way);
            tracing::warn!(%approval, way, tries, why, "a request cannot be put before people");
            let wait = FIRST_WAIT_SECONDS << referral.tries.min(MOST_TRIES);
            let asked = referral.question.is_some();
            (asked || tries < MOST_TRIES).then(|| now.plus_seconds(wait))
        }
    }
}
