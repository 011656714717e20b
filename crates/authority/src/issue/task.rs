//! Tasks: authority for one purpose, which ends when the task does.

use bailiwick_domain::agent::{Agent, State};
use bailiwick_domain::api::Api;
use bailiwick_domain::denial::Denial;
use bailiwick_domain::details::Details;
use bailiwick_domain::grant::{Budgets, Extent, Grant};
use bailiwick_domain::id::{AgentId, TaskId};
use bailiwick_domain::scope::ScopeSet;
use bailiwick_proof::jwt::Confirmation;
use bailiwick_store::Tx;

use crate::authority::Authority;
use crate::govern::effect;
use crate::issue::client::Client;
use crate::issue::form::Form;
use crate::issue::line::Line;
use crate::issue::live::Live;
use crate::issue::mint::{self, Issued, Minted};
use crate::issue::refused::Refused;
use crate::issue::{delegate, may_act, narrow, target, terms};
use crate::refusal::Refusal;

/// A task to open.
#[derive(Debug)]
pub(crate) struct NewTask {
    /// What it is for.
    pub(crate) purpose: String,
    /// How far it is to reach, as a token request says it.
    pub(crate) form: Form,
    /// How long it lasts, in seconds.
    pub(crate) ttl_seconds: u32,
    /// How much may be done in it.
    pub(crate) budgets: Budgets,
}

/// Opens a task of the agent's own, below the token that the form names as its subject or else out
/// of what the agent itself may do. The task, and the first token for it, bound to the key of the
/// DPoP proof that came with the request, if one did.
pub(crate) async fn open(
    authority: &Authority,
    (client, by_dpop): (&Client, Option<Confirmation>),
    new: NewTask,
) -> Result<(Grant, Issued), Refused> {
    let mut tx = authority.store.begin().await?;
    let above = above(authority, &mut tx, client, &new.form).await?;
    let (extent, apis) = extent(authority, &new.form, above.as_ref(), &client.ceiling())?;
    let terms = terms::fix(authority, &new.form, client, apis, by_dpop)?;
    let holder = (client.agent.id, Some(client.key.id));
    let blank = match &above {
        Some(line) => delegate::below(authority, line, holder)?,
        None => delegate::blank(authority, holder.0, holder.1),
    };
    let grant = task(authority, new, extent, (blank, above.as_ref()));
    let line = delegate::insert(authority, &mut tx, &grant).await?;
    let issued = delegate::issue(authority, tx, client, &line, terms).await?;
    Ok((grant, issued))
}

/// Opens a task for another agent, which fetches its tokens by the task's id: one delegation below
/// what the agent that opens it has.
pub(crate) async fn open_for(
    authority: &Authority,
    client: &Client,
    (agent, new): (&Agent, NewTask),
) -> Result<Grant, Refused> {
    let mut tx = authority.store.begin().await?;
    let ceiling = client.ceiling().intersection(&agent.scopes);
    let above = above(authority, &mut tx, client, &new.form).await?;
    let (extent, _) = extent(authority, &new.form, above.as_ref(), &ceiling)?;
    let line = if let Some(line) = above {
        line
    } else {
        let root = Grant {
            purpose: new.purpose.clone(),
            extent: extent.clone(),
            expires_at: authority.now().plus_seconds(i64::from(new.ttl_seconds)),
            ..delegate::blank(authority, client.agent.id, Some(client.key.id))
        };
        delegate::insert(authority, &mut tx, &root).await?
    };
    let below = delegate::below(authority, &line, (agent.id, None))?;
    let grant = task(authority, new, extent, (below, Some(&line)));
    delegate::insert(authority, &mut tx, &grant).await?;
    effect::save(tx).await?;
    Ok(grant)
}

/// Opens a task for an agent out of what it may do itself, as an operator does.
pub(crate) async fn assign(
    authority: &Authority,
    agent: &Agent,
    new: NewTask,
) -> Result<Grant, Refused> {
    let mut tx = authority.store.begin().await?;
    let (extent, _) = extent(authority, &new.form, None, &agent.scopes)?;
    let blank = delegate::blank(authority, agent.id, None);
    let grant = task(authority, new, extent, (blank, None));
    tx.grants().insert(&grant).await?;
    effect::save(tx).await?;
    Ok(grant)
}

/// A token for a live task of this client's, which does not outlive it.
pub(crate) async fn token(
    authority: &Authority,
    (client, form): (&Client, &Form),
    id: &str,
    by_dpop: Option<Confirmation>,
) -> Result<Issued, Refused> {
    let none = || Refused::InvalidGrant("no live task of this agent goes by that id");
    if form.authorization_details.is_some() {
        let said = "the task says which operations; exchange its token for less";
        return Err(Refused::InvalidRequest(said));
    }
    let id: TaskId = id.parse().map_err(|_| none())?;
    let mut tx = authority.store.begin().await?;
    let grant = tx.grants().find_task(id).await?.filter(|it| it.agent == client.agent.id);
    let line = Line::find(&mut tx, grant.ok_or_else(none)?.id, authority.now()).await?;
    let line = line.ok_or_else(none)?;
    let outer = &line.leaf().extent;
    let ceiling = line.ceiling().intersection(&client.ceiling());
    let scopes = narrow::scopes(form.scope.as_deref(), &outer.scopes, &ceiling)?;
    let apis = narrow::apis(&authority.apis, form, &outer.resources)?;
    let may_act = may_act::named(authority, &mut tx, form, client).await?;
    let terms = terms::fix(authority, form, client, apis, by_dpop)?;
    let terms = terms::Terms { may_act, ..terms };
    let (agent, key) = (&client.agent, Some(client.key.id));
    let minted = Minted { agent, key, scopes, under: Some(&line) };
    let issued = mint::sign(authority, &mut tx, minted, terms).await?;
    effect::save(tx).await?;
    Ok(issued)
}

/// The task, if this agent may know of it: its own, or one that hangs on what it delegated.
pub(crate) async fn find(
    tx: &mut Tx,
    id: TaskId,
    agent: Option<AgentId>,
) -> Result<Grant, Refusal> {
    let unknown = || Refusal::NotFound("task");
    let grant = tx.grants().find_task(id).await?.ok_or_else(unknown)?;
    let Some(agent) = agent else { return Ok(grant) };
    let line = tx.grants().line(grant.id).await?;
    if line.iter().any(|it| it.agent == agent) { Ok(grant) } else { Err(unknown()) }
}

/// Closes a task, and with it all below it; once more changes nothing.
pub(crate) async fn close(
    authority: &Authority,
    id: TaskId,
    agent: Option<AgentId>,
) -> Result<Grant, Refusal> {
    let mut tx = authority.store.begin().await?;
    let grant = find(&mut tx, id, agent).await?;
    if grant.ended_at.is_some() {
        return Ok(grant);
    }
    let because = match agent {
        Some(agent) if agent == grant.agent => "closed by its agent".to_owned(),
        Some(agent) => format!("closed by {agent}"),
        None => "closed by an operator".to_owned(),
    };
    let grant = grant.end(&because, authority.now());
    tx.grants().update(&grant).await?;
    effect::save(tx).await?;
    Ok(grant)
}

/// Whether a client may open and close tasks now.
pub(crate) fn check_state(agent: &Agent) -> Result<(), Refusal> {
    match agent.state {
        State::Active => Ok(()),
        State::Pending => Err(Denial::AgentPending.into()),
        State::Suspended => Err(Denial::AgentSuspended.into()),
        State::Retired => Err(Denial::AgentRetired.into()),
    }
}

/// What the form's subject token hangs on, narrowed to what that token says; none when it names
/// none and the task is opened out of the agent's own authority.
async fn above(
    authority: &Authority,
    tx: &mut Tx,
    client: &Client,
    form: &Form,
) -> Result<Option<Line>, Refused> {
    let Some(text) = form.subject_token.as_deref() else { return Ok(None) };
    let dead = Refused::InvalidGrant("subject_token is not a live token of this agent's");
    let live = Live::find(authority, tx, text).await?;
    let live = live.filter(|it| it.agent.id == client.agent.id).ok_or(dead)?;
    let nothing = Refused::InvalidGrant("nothing of subject_token is left");
    let outer = live.extent().ok_or(nothing)?;
    let line = delegate::root(authority, tx, &live, &outer).await?;
    let own = Grant {
        token: Some(live.token.jti),
        extent: outer,
        expires_at: line.expires_at().min(live.token.exp),
        ..delegate::below(authority, &line, (client.agent.id, live.token.key_id))?
    };
    delegate::insert(authority, tx, &own).await.map(Some)
}

/// How far the task reaches, and the APIs it is for.
fn extent<'a>(
    authority: &'a Authority,
    form: &Form,
    above: Option<&Line>,
    ceiling: &ScopeSet,
) -> Result<(Extent, Vec<&'a Api>), Refused> {
    let outer = above.map(|line| &line.leaf().extent);
    let most = outer.map_or(ceiling, |outer| &outer.scopes);
    let scopes = narrow::scopes(form.scope.as_deref(), most, ceiling)?;
    let apis = match outer {
        Some(outer) => narrow::apis(&authority.apis, form, &outer.resources)?,
        None => target::choose(&authority.apis, form, &scopes)?,
    };
    let any = Details::default();
    let asked = form.authorization_details.as_deref();
    let details = narrow::details(asked, &apis, outer.map_or(&any, |outer| &outer.details))?;
    let resources = apis.iter().map(|api| api.resource.clone()).collect();
    Ok((Extent { scopes, resources, details }, apis))
}

fn task(
    authority: &Authority,
    new: NewTask,
    extent: Extent,
    (blank, above): (Grant, Option<&Line>),
) -> Grant {
    let now = authority.now();
    let asked = now.plus_seconds(i64::from(new.ttl_seconds));
    Grant {
        task: Some(TaskId::fresh(now, &authority.entropy)),
        purpose: new.purpose,
        extent,
        budgets: new.budgets,
        expires_at: above.map_or(asked, |line| asked.min(line.expires_at())),
        ..blank
    }
}
