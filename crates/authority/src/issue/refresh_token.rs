//! The refresh token grant (RFC 6749, section 6), with rotation (RFC 9700, section 4.14.2): each
//! refresh token is good once, and one that is seen again tells of a theft: after a moment in which
//! several replicas of a client may come with the same one, and at once when what it was exchanged
//! for has been used, which only a client does that has got it.

use bailiwick_domain::client::GrantType;
use bailiwick_domain::id::AgentId;
use bailiwick_domain::time::Timestamp;
use bailiwick_proof::opaque::{self, Opens};
use bailiwick_store::Tx;
use bailiwick_store::refresh_tokens::RefreshToken;

use crate::authority::Authority;
use crate::fault::Fault;
use crate::govern::effect;
use crate::issue::form::Form;
use crate::issue::line::Line;
use crate::issue::mint::Issued;
use crate::issue::party;
use crate::issue::refused::Refused;
use crate::issue::under::{self, NOT_GOOD, Sender};
use crate::prove::Received;

/// The grant type's name.
pub(crate) const GRANT_TYPE: &str = "refresh_token";
/// How long the same client may come again with the same token, in milliseconds: two replicas of it
/// at once, or one whose answer was lost.
const WINDOW_MILLIS: i64 = 10_000;
/// How often it may within that.
const MOST_USES: u32 = 4;

/// Decides a token request, as one transaction. A token that was used before ends its grant, except
/// within the window.
pub(crate) async fn decide(
    authority: &Authority,
    received: Received<'_>,
    form: &Form,
) -> Result<Issued, Refused> {
    let party = party::for_grant(authority, received, form, GrantType::RefreshToken).await?;
    let token = form.refresh_token.as_deref();
    let token = token.ok_or(Refused::InvalidRequest("refresh_token is missing"))?;
    let digest = opaque::digest_of(Opens::Refresh, token).ok_or(NOT_GOOD)?;
    let sender = Sender::find(authority, received, &party).await?;
    let now = authority.now();
    let mut tx = authority.store.begin().await?;
    let token = tx.refresh_tokens().find(&digest).await?.ok_or(NOT_GOOD)?;
    let own = token.agent == party.agent.id
        && token.dpop_key.as_deref().is_none_or(|key| sender.key() == Some(key));
    if !own {
        return Err(NOT_GOOD);
    }
    if is_replayed(&token, now) || tx.refresh_tokens().has_used_successor(&digest).await? {
        under::end(authority, &mut tx, token.grant, "a refresh token was used twice").await?;
        effect::save(tx).await?;
        return Err(NOT_GOOD);
    }
    let line = under::line(authority, &mut tx, token.grant, &party).await?;
    let mut issued = under::issue(authority, &mut tx, (&party, sender), form, &line).await?;
    let with = (&party, token.dpop_key.as_deref());
    let next = under::successor(authority, &mut tx, with, (&line, Some(digest))).await?;
    issued.refresh_token = Some(next);
    tx.refresh_tokens().count_use(&digest, now).await?;
    effect::save(tx).await?;
    Ok(issued)
}

/// Takes a client's own refresh token back (RFC 7009, section 2.1), and its grant with it. One that
/// is none, or another client's, is good for nothing to this client already.
pub(crate) async fn revoke(
    authority: &Authority,
    received: Received<'_>,
    (form, digest): (&Form, [u8; 32]),
) -> Result<(), Refused> {
    let party = party::authenticate(authority, received, form).await?;
    let mut tx = authority.store.begin().await?;
    let token = tx.refresh_tokens().find(&digest).await?;
    if let Some(token) = token.filter(|it| it.agent == party.agent.id) {
        under::end(authority, &mut tx, token.grant, "the client gave it back").await?;
        effect::save(tx).await?;
    }
    Ok(())
}

/// The grant of a refresh token that its client could use now, with all above it.
pub(crate) async fn live(
    authority: &Authority,
    tx: &mut Tx,
    (agent, digest): (AgentId, [u8; 32]),
) -> Result<Option<(RefreshToken, Line)>, Fault> {
    let now = authority.now();
    let token = tx.refresh_tokens().find(&digest).await?;
    let good =
        |it: &RefreshToken| it.agent == agent && now < it.expires_at && !is_replayed(it, now);
    let Some(token) = token.filter(good) else { return Ok(None) };
    if tx.refresh_tokens().has_used_successor(&digest).await? {
        return Ok(None);
    }
    let line = Line::find(tx, token.grant, now).await?;
    let line = line.filter(|line| line.leaf().agent == agent);
    Ok(line.map(|line| (token, line)))
}

fn is_replayed(token: &RefreshToken, now: Timestamp) -> bool {
    let late = |first: Timestamp| now.millis_since(first) >= WINDOW_MILLIS;
    token.uses >= MOST_USES || token.first_used_at.is_some_and(late)
}
