//! Making an access token (RFC 9068).

use bailiwick_domain::api::Api;
use bailiwick_domain::details::Details;
use bailiwick_domain::id::TokenId;
use bailiwick_domain::limit::Limit;
use bailiwick_domain::scope::ScopeSet;
use bailiwick_proof::jwt::{AccessToken, Confirmation};

use crate::authority::Authority;
use crate::fault::Fault;
use crate::prove::Proven;

/// What was decided to be in a token.
#[derive(Debug)]
pub(crate) struct Grant<'a> {
    /// The scopes, all within the agent's ceiling.
    pub(crate) scopes: ScopeSet,
    /// The APIs it is for.
    pub(crate) apis: Vec<&'a Api>,
    /// What has to be shown with it, if anything (RFC 7800, section 3.1).
    pub(crate) confirmation: Option<Confirmation>,
    /// How long it lives, in seconds.
    pub(crate) ttl_seconds: u32,
}

/// A signed token for this agent, which ends with the credential that it proved itself with.
pub(crate) fn sign(
    authority: &Authority,
    proven: &Proven,
    grant: &Grant<'_>,
) -> Result<String, Fault> {
    let now = authority.now();
    let agent = &proven.agent;
    let token = AccessToken {
        iss: authority.settings.issuer.clone(),
        sub: agent.subject(&authority.settings.trust_domain),
        aud: grant.apis.iter().map(|api| api.resource.clone()).collect(),
        client_id: agent.id,
        iat: now,
        exp: now.plus_seconds(i64::from(grant.ttl_seconds)),
        jti: TokenId::fresh(now, &authority.entropy),
        scope: grant.scopes.clone(),
        cnf: grant.confirmation.clone(),
        agent: agent.name.clone(),
        project: agent.project.clone(),
        owner: agent.owner.clone(),
        kind: agent.kind,
        rate_limit: agent.limit.map(Limit::per_minute),
        key_id: Some(proven.key.id),
        grant: None,
        task: None,
        purpose: None,
        act: Vec::new(),
        may_act: None,
        authorization_details: Details::default(),
    };
    Ok(token.sign(authority.keys.token())?)
}
