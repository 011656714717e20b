//! Asking to come in without an invite.

use bailiwick_domain::agent::{Agent, REQUEST_SECONDS, State};
use bailiwick_domain::credential::Key;
use bailiwick_domain::denial::{Denial, Exhausted};
use bailiwick_domain::project::{Project, Registration};
use bailiwick_domain::scope::ScopeSet;
use bailiwick_store::Tx;

use crate::authority::Authority;
use crate::enroll::admit::{self, Place};
use crate::enroll::applicant::Applicant;
use crate::enroll::limits;
use crate::govern::effect;
use crate::govern::projects::{self, Address};
use crate::prove::Received;
use crate::refusal::Refusal;

/// The most agents of one project that wait for approval.
const MOST_WAITING: u32 = 1_000;
/// When to ask again once that many wait, in seconds.
const LATER_SECONDS: u64 = 3_600;

/// Takes the applicant in, or puts it before the operators, as the project's policy says. One that
/// waits is granted nothing; one that is taken in has the project's ceiling.
pub(crate) async fn by_request(
    authority: &Authority,
    received: Received<'_>,
    project: &Address,
    applicant: Applicant,
) -> Result<(Agent, Key), Refusal> {
    applicant.key.prove(authority, received).await?;
    // Looked up by a reader first: whoever is not welcome keeps no writer waiting.
    let (asked, _) = welcome(&mut authority.store.read().await?, project).await?;
    limits::check_asking(authority, &asked).await?;
    let mut tx = authority.store.begin().await?;
    let (project, state) = welcome(&mut tx, project).await?;
    let mut scopes = project.scopes;
    if state == State::Pending {
        let since = authority.now().plus_seconds(-REQUEST_SECONDS);
        let waiting = tx.agents().count_pending(&project.name, since).await?;
        check_room(waiting)?;
        scopes = ScopeSet::default();
    }
    let place = Place { project: project.name, state, scopes };
    let admitted = admit::admit(authority, &mut tx, applicant, place).await?;
    effect::save(tx).await?;
    Ok(admitted)
}

/// The project, and what an agent that asks comes in as. That there is a closed one is not told.
async fn welcome(tx: &mut Tx, project: &Address) -> Result<(Project, State), Refusal> {
    let project = projects::find(tx, project).await?;
    match (project.registration, project.registration.on_request()) {
        (_, Some(state)) => Ok((project, state)),
        (Registration::Closed, None) => Err(Refusal::NotFound("project")),
        (_, None) => Err(Refusal::InviteNeeded),
    }
}

fn check_room(waiting: i64) -> Result<(), Refusal> {
    if waiting < i64::from(MOST_WAITING) {
        return Ok(());
    }
    Err(Refusal::Denied(Denial::RateLimited(Exhausted {
        policy: "waiting",
        quota: MOST_WAITING,
        window_seconds: u32::try_from(REQUEST_SECONDS).unwrap_or(u32::MAX),
        retry_after_seconds: LATER_SECONDS,
    })))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn so_many_wait_and_no_more() {
        assert_eq!((check_room(0), check_room(999)), (Ok(()), Ok(())));
        for waiting in [1_000, 1_001, i64::MAX] {
            let refused = check_room(waiting).unwrap_err();
            assert_eq!((refused.code(), refused.retryable()), ("rate_limited", true));
        }
    }
}
