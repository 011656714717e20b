//! On what terms a token is issued: at which APIs it is good, what must be shown with it, and for
//! how long.

use bailiwick_domain::api::Api;
use bailiwick_domain::scope::ScopeSet;
use bailiwick_proof::jwt::Confirmation;

use crate::authority::Authority;
use crate::issue::client::Client;
use crate::issue::form::Form;
use crate::issue::refused::Refused;
use crate::issue::{sender, target};
use crate::prove::Received;

/// Why a token cannot be bound to what the client proved itself with.
const UNBINDABLE: &str = "the token has to be bound to a key: send a DPoP proof (RFC 9449)";

/// The terms.
#[derive(Debug)]
pub(crate) struct Terms<'a> {
    /// The APIs it is for; never none.
    pub(crate) apis: Vec<&'a Api>,
    /// What has to be shown with it, if anything (RFC 7800, section 3.1).
    pub(crate) confirmation: Option<Confirmation>,
    /// Whether it is sent with DPoP proofs.
    pub(crate) is_dpop: bool,
    /// How long it lives, in seconds.
    pub(crate) ttl_seconds: u32,
    /// The subject of the one agent that may exchange it, if not anyone (RFC 8693, section 4.4).
    pub(crate) may_act: Option<String>,
}

/// The terms for a token of these scopes: what the form asks for, what came with the request, and
/// the configuration for the rest.
pub(crate) async fn settle<'a>(
    authority: &'a Authority,
    received: Received<'_>,
    form: &Form,
    client: &Client,
    scopes: &ScopeSet,
) -> Result<Terms<'a>, Refused> {
    let by_dpop = sender::by_dpop(authority, received, client.key.id).await?;
    let apis = target::choose(&authority.apis, form, scopes)?;
    fix(authority, form, client, apis, by_dpop)
}

/// The same for a token that is for these APIs, once the DPoP proof that came with the request, if
/// one did, has been verified.
pub(crate) fn fix<'a>(
    authority: &'a Authority,
    form: &Form,
    client: &Client,
    apis: Vec<&'a Api>,
    by_dpop: Option<Confirmation>,
) -> Result<Terms<'a>, Refused> {
    let bound = target::is_bound(form.binding, authority.settings.token_bound, &apis)?;
    let is_dpop = by_dpop.is_some();
    let confirmation = match (by_dpop, bound) {
        (Some(key), _) => Some(key),
        (None, true) => {
            let holds = client.holds.clone();
            Some(holds.ok_or(Refused::InvalidRequest(UNBINDABLE))?)
        }
        (None, false) => None,
    };
    let ttl_seconds = form.ttl_seconds.unwrap_or(authority.settings.token_ttl_seconds);
    Ok(Terms { apis, confirmation, is_dpop, ttl_seconds, may_act: None })
}
