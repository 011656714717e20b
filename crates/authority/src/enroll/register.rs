//! Registration with an invite: the agent brings its own key and proves that it holds it.

use bailiwick_domain::agent::{Agent, State};
use bailiwick_domain::credential::Key;
use bailiwick_domain::invite::Invite;
use bailiwick_domain::project::Project;
use bailiwick_domain::time::Timestamp;
use bailiwick_proof::opaque::{self, Opens};
use bailiwick_store::Tx;

use crate::authority::Authority;
use crate::enroll::admit::{self, Place};
use crate::enroll::applicant::Applicant;
use crate::enroll::limits;
use crate::fault::Fault;
use crate::govern::effect;
use crate::prove::Received;
use crate::refusal::Refusal;

/// Registers the applicant, as one transaction: the invite's use, the agent and the key. Why an
/// invite cannot be used is told to whoever has its code; every code that is none is refused alike,
/// and nothing about names or keys is told to whoever has no invite that can be used.
pub(crate) async fn by_invite(
    authority: &Authority,
    received: Received<'_>,
    code: &str,
    applicant: Applicant,
) -> Result<(Agent, Key), Refusal> {
    applicant.key.prove(authority, received).await?;
    let digest =
        opaque::digest_of(Opens::Registration, code).ok_or(Refusal::InviteUnusable(None))?;
    let now = authority.now();
    // Looked up by a reader first: whoever guesses codes keeps no writer waiting.
    let (_, project, _) = use_one(&mut authority.store.read().await?, &digest, now).await?;
    limits::check_invited(authority, &project).await?;
    let mut tx = authority.store.begin().await?;
    let (invite, project, state) = use_one(&mut tx, &digest, now).await?;
    tx.invites().update(&invite).await?;
    let place = Place { project: project.name, state, scopes: invite.scopes };
    let admitted = admit::admit(authority, &mut tx, applicant, place).await?;
    effect::save(tx).await?;
    Ok(admitted)
}

/// The invite with one use fewer, its project, and what the agent comes in as.
pub(crate) async fn use_one(
    tx: &mut Tx,
    digest: &[u8; 32],
    now: Timestamp,
) -> Result<(Invite, Project, State), Refusal> {
    let invite = tx.invites().find_by_digest(digest).await?;
    let invite = invite.ok_or(Refusal::InviteUnusable(None))?;
    let invite = invite.take_use(now).map_err(|why| Refusal::InviteUnusable(Some(why)))?;
    let project = tx.projects().find_named(&invite.project).await?;
    let project = project.ok_or(Fault::Corrupt("an invite without its project"))?;
    let state = project.registration.by_invite().ok_or(Refusal::InviteUnusable(None))?;
    Ok((invite, project, state))
}
