//! The client credentials grant (RFC 6749, section 4.4): a token for what the agent itself may do.

use bailiwick_domain::agent::Agent;
use bailiwick_domain::scope::ScopeSet;

use crate::authority::Authority;
use crate::issue::form::Form;
use crate::issue::mint::{self, Grant};
use crate::issue::refused::Refused;
use crate::issue::{client, target};
use crate::prove::Received;

/// The grant type's name.
pub(crate) const GRANT_TYPE: &str = "client_credentials";

/// A token, and what the client is told of it.
#[derive(Debug)]
pub(crate) struct Issued {
    /// The token.
    pub(crate) token: String,
    /// How long it lives, in seconds.
    pub(crate) ttl_seconds: u32,
    /// What it allows.
    pub(crate) scopes: ScopeSet,
}

/// Decides a token request. The client proves itself before anything it asks for is looked at.
pub(crate) async fn decide(
    authority: &Authority,
    received: Received<'_>,
    form: &Form,
) -> Result<Issued, Refused> {
    let grant_type = form.grant_type.as_deref();
    let grant_type = grant_type.ok_or(Refused::InvalidRequest("grant_type is missing"))?;
    if grant_type != GRANT_TYPE {
        return Err(Refused::UnsupportedGrantType);
    }
    let proven = client::authenticate(authority, received, form).await?;
    let scopes = narrow(&proven.agent, form.scope.as_deref())?;
    let apis = target::choose(&authority.apis, form, &scopes)?;
    let bound = target::is_bound(form.binding, authority.settings.token_bound, &apis)?;
    let ttl_seconds = form.ttl_seconds.unwrap_or(authority.settings.token_ttl_seconds);
    let grant = Grant { scopes, apis, bound, ttl_seconds };
    let token = mint::sign(authority, &proven, &grant)?;
    Ok(Issued { token, ttl_seconds, scopes: grant.scopes })
}

/// What was asked for, never more than the agent's ceiling; all of the ceiling when nothing was.
fn narrow(agent: &Agent, asked: Option<&str>) -> Result<ScopeSet, Refused> {
    let Some(asked) = asked else { return Ok(agent.scopes.clone()) };
    let asked: ScopeSet = asked.parse().map_err(|it| Refused::InvalidScope(format!("{it}")))?;
    let missing = asked.missing_from(&agent.scopes);
    if missing.is_empty() {
        Ok(asked)
    } else {
        Err(Refused::InvalidScope(format!("the agent may not be granted: {missing}")))
    }
}
