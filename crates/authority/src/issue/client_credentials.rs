//! The client credentials grant (RFC 6749, section 4.4): a token for what the agent itself may do.

use bailiwick_domain::scope::ScopeSet;

use crate::authority::Authority;
use crate::issue::client::{self, Client};
use crate::issue::form::Form;
use crate::issue::mint::{self, Grant};
use crate::issue::refused::Refused;
use crate::issue::{sender, target};
use crate::prove::{Proven, Received};

/// The grant type's name.
pub(crate) const GRANT_TYPE: &str = "client_credentials";

/// Why a token cannot be bound to what the client proved itself with.
const UNBINDABLE: &str = "the token has to be bound to a key: send a DPoP proof (RFC 9449)";

/// A token, and what the client is told of it.
#[derive(Debug)]
pub(crate) struct Issued {
    /// The token.
    pub(crate) token: String,
    /// Whether it is sent with DPoP proofs.
    pub(crate) is_dpop: bool,
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
    let Client { proven, holds } = client::authenticate(authority, received, form).await?;
    let by_dpop = sender::by_dpop(authority, received, proven.key.id).await?;
    let scopes = narrow(&proven, form.scope.as_deref())?;
    let apis = target::choose(&authority.apis, form, &scopes)?;
    let bound = target::is_bound(form.binding, authority.settings.token_bound, &apis)?;
    let ttl_seconds = form.ttl_seconds.unwrap_or(authority.settings.token_ttl_seconds);
    let is_dpop = by_dpop.is_some();
    let confirmation = match (by_dpop, bound) {
        (Some(key), _) => Some(key),
        (None, true) => Some(holds.ok_or(Refused::InvalidRequest(UNBINDABLE))?),
        (None, false) => None,
    };
    let grant = Grant { scopes, apis, confirmation, ttl_seconds };
    let token = mint::sign(authority, &proven, &grant)?;
    Ok(Issued { token, is_dpop, ttl_seconds, scopes: grant.scopes })
}

/// What was asked for, never more than the agent's ceiling nor than its credential may be used
/// for; all of that when nothing was asked for.
fn narrow(proven: &Proven, asked: Option<&str>) -> Result<ScopeSet, Refused> {
    let ceiling = match &proven.key.scopes {
        Some(scopes) => proven.agent.scopes.intersection(scopes),
        None => proven.agent.scopes.clone(),
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
