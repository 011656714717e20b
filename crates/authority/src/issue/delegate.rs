//! Handing authority on: grants made out of what there is, and the token for the last of them, all
//! in one transaction.

use bailiwick_domain::grant::{Budgets, Extent, Grant};
use bailiwick_domain::id::{AgentId, GrantId, KeyId};
use bailiwick_domain::time::Timestamp;
use bailiwick_store::Tx;

use crate::authority::Authority;
use crate::fault::Fault;
use crate::govern::effect;
use crate::issue::client::Client;
use crate::issue::line::Line;
use crate::issue::live::Live;
use crate::issue::mint::{self, Issued, Minted};
use crate::issue::refused::Refused;
use crate::issue::terms::Terms;

/// The most grants in a line: what one agent narrows for itself lengthens it without being a
/// delegation.
const LONGEST_LINE: usize = 32;

/// A grant to this agent, out of nothing and for nothing, that ends with its credential.
pub(crate) fn blank(authority: &Authority, agent: AgentId, key: Option<KeyId>) -> Grant {
    let now = authority.now();
    Grant {
        id: GrantId::fresh(now, &authority.entropy),
        agent,
        person: None,
        parent: None,
        depth: 0,
        key,
        session: None,
        token: None,
        task: None,
        purpose: String::new(),
        extent: Extent::default(),
        budgets: Budgets::default(),
        expires_at: now,
        ended_at: None,
        ended_because: None,
        created_at: now,
    }
}

/// A grant to this agent below another: one delegation more, unless it is the same agent's.
/// Refused where that goes too deep.
pub(crate) fn below(
    authority: &Authority,
    above: &Line,
    (agent, key): (AgentId, Option<KeyId>),
) -> Result<Grant, Refused> {
    let outer = above.leaf();
    let depth = outer.depth.saturating_add(u32::from(agent != outer.agent));
    if depth > authority.settings.delegation_depth || above.grants().count() >= LONGEST_LINE {
        return Err(Refused::InvalidGrant("it has been delegated too often already"));
    }
    let (parent, person) = (Some(outer.id), outer.person);
    let expires_at = above.expires_at();
    Ok(Grant { parent, person, depth, expires_at, ..blank(authority, agent, key) })
}

/// The line that a token's authority hangs on: that of its grant, or of a new one for what its
/// agent has of its own.
pub(crate) async fn root(
    authority: &Authority,
    tx: &mut Tx,
    live: &Live,
    extent: &Extent,
) -> Result<Line, Refused> {
    let token = &live.token;
    if let Some(grant) = token.grant {
        return find(authority, tx, grant).await;
    }
    let grant = Grant {
        token: Some(token.jti),
        extent: extent.clone(),
        expires_at: token.exp,
        ..blank(authority, token.client_id, token.key_id)
    };
    insert(authority, tx, &grant).await
}

/// Adds a grant; its line.
pub(crate) async fn insert(
    authority: &Authority,
    tx: &mut Tx,
    grant: &Grant,
) -> Result<Line, Refused> {
    tx.grants().insert(grant).await.map_err(Fault::from)?;
    find(authority, tx, grant.id).await
}

/// The line of a grant; refused when it has ended.
pub(crate) async fn find(authority: &Authority, tx: &mut Tx, id: GrantId) -> Result<Line, Refused> {
    let line = Line::find(tx, id, authority.now()).await?;
    line.ok_or(Refused::InvalidGrant("what it hangs on has ended"))
}

/// When a token of these terms ends, and what is granted for it: not after `latest`.
pub(crate) fn end(authority: &Authority, terms: &Terms<'_>, latest: Timestamp) -> Timestamp {
    authority.now().plus_seconds(i64::from(terms.ttl_seconds)).min(latest)
}

/// The token for the last grant of the line, once all of it is saved.
pub(crate) async fn issue(
    authority: &Authority,
    mut tx: Tx,
    client: &Client,
    line: &Line,
    terms: Terms<'_>,
) -> Result<Issued, Refused> {
    let minted = Minted {
        agent: &client.agent,
        key: Some(client.key.id),
        scopes: line.leaf().extent.scopes.clone(),
        under: Some(line),
    };
    let issued = mint::sign(authority, &mut tx, minted, terms).await?;
    effect::save(tx).await?;
    Ok(issued)
}
