//! The client credentials grant (RFC 6749, section 4.4): a token for what the agent itself may do,
//! or for a task that is its own.

use bailiwick_domain::client::GrantType;
use bailiwick_domain::details::Details;
use bailiwick_domain::grant::{Extent, Grant};
use bailiwick_domain::scope::ScopeSet;

use crate::authority::Authority;
use crate::issue::client::{self, Client};
use crate::issue::form::Form;
use crate::issue::mint::{self, Issued, Minted};
use crate::issue::refused::Refused;
use crate::issue::terms::{self, Terms};
use crate::issue::{delegate, may_act, narrow, party, sender, target, task};
use crate::prove::Received;

/// The grant type's name.
pub(crate) const GRANT_TYPE: &str = "client_credentials";

/// Decides a token request. The client proves itself before anything it asks for is looked at.
pub(crate) async fn decide(
    authority: &Authority,
    received: Received<'_>,
    form: &Form,
) -> Result<Issued, Refused> {
    let client = client::authenticate(authority, received, form).await?;
    party::check_registered(authority, &client.agent, GrantType::ClientCredentials).await?;
    if let Some(id) = form.task.as_deref() {
        let by_dpop = sender::by_dpop(authority, received, client.key.id).await?;
        return task::token(authority, (&client, form), id, by_dpop).await;
    }
    let scopes = narrow(&client, form.scope.as_deref())?;
    if form.authorization_details.is_some() {
        return detailed(authority, received, (&client, form), scopes).await;
    }
    let mut terms = terms::settle(authority, received, form, &client, &scopes).await?;
    if form.may_act.is_some() {
        let mut tx = authority.store.read().await?;
        terms.may_act = may_act::named(authority, &mut tx, form, &client).await?;
    }
    let minted = Minted { agent: &client.agent, key: Some(client.key.id), scopes, under: None };
    let mut tx = authority.store.begin_append().await?;
    let issued = mint::sign(authority, &mut tx, minted, terms).await?;
    tx.save().await?;
    Ok(issued)
}

/// A token for some operations only (RFC 9396): out of a grant that says which.
async fn detailed(
    authority: &Authority,
    received: Received<'_>,
    (client, form): (&Client, &Form),
    scopes: ScopeSet,
) -> Result<Issued, Refused> {
    let by_dpop = sender::by_dpop(authority, received, client.key.id).await?;
    let apis = target::choose(&authority.apis, form, &scopes)?;
    let asked = form.authorization_details.as_deref();
    let details = narrow::details(asked, &apis, &Details::default())?;
    let resources = apis.iter().map(|api| api.resource.clone()).collect();
    let terms = terms::fix(authority, form, client, apis, by_dpop)?;
    let mut tx = authority.store.begin().await?;
    let may_act = may_act::named(authority, &mut tx, form, client).await?;
    let grant = Grant {
        extent: Extent { scopes, resources, details },
        expires_at: authority.now().plus_seconds(i64::from(terms.ttl_seconds)),
        ..delegate::blank(authority, client.agent.id, Some(client.key.id))
    };
    let line = delegate::insert(authority, &mut tx, &grant).await?;
    delegate::issue(authority, tx, client, &line, Terms { may_act, ..terms }).await
}

/// What was asked for, never more than the agent's ceiling nor than its credential may be used
/// for; all of that when nothing was asked for.
fn narrow(client: &Client, asked: Option<&str>) -> Result<ScopeSet, Refused> {
    let ceiling = client.ceiling();
    let Some(asked) = asked else { return Ok(ceiling) };
    let asked: ScopeSet = asked.parse().map_err(|it| Refused::InvalidScope(format!("{it}")))?;
    let missing = asked.missing_from(&ceiling);
    if missing.is_empty() {
        Ok(asked)
    } else {
        Err(Refused::InvalidScope(format!("the agent may not be granted: {missing}")))
    }
}
