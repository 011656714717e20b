//! The client credentials grant (RFC 6749, section 4.4): a token for what the agent itself may do.

use bailiwick_domain::scope::ScopeSet;

use crate::authority::Authority;
use crate::issue::client::{self, Client};
use crate::issue::form::Form;
use crate::issue::mint::{self, Issued, Minted};
use crate::issue::refused::Refused;
use crate::issue::terms;
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
    let scopes = narrow(&client, form.scope.as_deref())?;
    let terms = terms::settle(authority, received, form, &client, &scopes).await?;
    let minted = Minted { agent: &client.agent, key: Some(client.key.id), scopes, under: None };
    let mut tx = authority.store.begin_append().await?;
    let issued = mint::sign(authority, &mut tx, minted, terms).await?;
    tx.save().await?;
    Ok(issued)
}

/// What was asked for, never more than the agent's ceiling nor than its credential may be used
/// for; all of that when nothing was asked for.
fn narrow(client: &Client, asked: Option<&str>) -> Result<ScopeSet, Refused> {
    let ceiling = match &client.key.scopes {
        Some(scopes) => client.agent.scopes.intersection(scopes),
        None => client.agent.scopes.clone(),
    };
    let Some(asked) = asked else { return Ok(ceiling) };
    let asked: ScopeSet = asked.parse().map_err(|it| Refused::InvalidScope(format!("{it}")))?;
    let missing = asked.missing_from(&ceiling);
    if missing.is_empty() {
        Ok(asked)
    } else {
        Err(Refused::InvalidScope(format!("the agent may not be granted: {missing}")))
    }
}
