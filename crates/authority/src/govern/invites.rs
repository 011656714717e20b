//! Invites: made and taken back by operators.

use bailiwick_domain::agent::Name;
use bailiwick_domain::id::InviteId;
use bailiwick_domain::invite::Invite;
use bailiwick_domain::scope::ScopeSet;
use bailiwick_proof::opaque::{self, Opens};
use zeroize::Zeroizing;

use crate::authority::Authority;
use crate::govern::{agents, effect, projects};
use crate::refusal::Refusal;

/// The most agents that one invite lets in.
const MOST_USES: u32 = 10_000;
/// The longest that an invite works, in seconds: thirty days.
const LONGEST_TTL_SECONDS: u32 = 30 * 86_400;

/// An invite that is not there yet.
#[derive(Debug)]
pub(crate) struct NewInvite {
    /// The project that agents register in.
    pub(crate) project: Name,
    /// How many agents may use it.
    pub(crate) uses: u32,
    /// How long it works, in seconds.
    pub(crate) ttl_seconds: u32,
    /// The ceiling of every agent that uses it.
    pub(crate) scopes: ScopeSet,
}

/// Makes an invite. The code is returned here and nowhere else. No invite grants a broad scope:
/// those are granted to one agent, with a reason.
pub(crate) async fn add(
    authority: &Authority,
    new: NewInvite,
) -> Result<(Invite, Zeroizing<String>), Refusal> {
    let broad = agents::broad(&new.scopes);
    if !broad.is_empty() {
        return Err(Refusal::Malformed(format!("an invite cannot grant a broad scope: {broad}")));
    }
    within("uses", new.uses, MOST_USES)?;
    within("ttl_seconds", new.ttl_seconds, LONGEST_TTL_SECONDS)?;
    let now = authority.now();
    let (code, code_digest) = opaque::fresh(Opens::Registration, &authority.entropy);
    let invite = Invite {
        id: InviteId::fresh(now, &authority.entropy),
        project: new.project,
        code_digest,
        uses_left: new.uses,
        scopes: new.scopes,
        expires_at: now.plus_seconds(i64::from(new.ttl_seconds)),
        revoked_at: None,
        created_at: now,
    };
    let mut tx = authority.store.begin().await?;
    projects::named(&mut tx, &invite.project).await?;
    tx.invites().insert(&invite).await?;
    effect::save(tx).await?;
    Ok((invite, code))
}

fn within(field: &str, value: u32, most: u32) -> Result<(), Refusal> {
    let fits = (1..=most).contains(&value);
    fits.then_some(()).ok_or_else(|| Refusal::Malformed(format!("`{field}` is 1 to {most}")))
}

/// Takes an invite back. Taking it back again changes nothing.
pub(crate) async fn revoke(authority: &Authority, id: InviteId) -> Result<Invite, Refusal> {
    let mut tx = authority.store.begin().await?;
    let mut invite = tx.invites().find(id).await?.ok_or(Refusal::NotFound("invite"))?;
    invite.revoked_at = invite.revoked_at.or(Some(authority.now()));
    tx.invites().update(&invite).await?;
    effect::save(tx).await?;
    Ok(invite)
}
