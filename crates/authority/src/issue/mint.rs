//! Making an access token (RFC 9068).

use bailiwick_domain::agent::Agent;
use bailiwick_domain::details::Details;
use bailiwick_domain::grant::Acting;
use bailiwick_domain::id::{KeyId, TokenId};
use bailiwick_domain::limit::Limit;
use bailiwick_domain::scope::ScopeSet;
use bailiwick_proof::jwt::{AccessToken, StatusReference};
use bailiwick_store::Tx;
use bailiwick_store::issued_tokens::IssuedToken;
use zeroize::Zeroizing;

use crate::authority::Authority;
use crate::fault::Fault;
use crate::issue::line::Line;
use crate::issue::terms::Terms;
use crate::status;

/// What was decided to be in a token.
#[derive(Debug)]
pub(crate) struct Minted<'a> {
    /// Who may use it.
    pub(crate) agent: &'a Agent,
    /// The credential that it ends with.
    pub(crate) key: Option<KeyId>,
    /// The scopes, all within the agent's ceiling.
    pub(crate) scopes: ScopeSet,
    /// The grant that it is issued out of, where it does not carry the agent's own authority.
    pub(crate) under: Option<&'a Line>,
}

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
    /// Which operations, where that is narrower.
    pub(crate) details: Details,
    /// The type of the token, where an exchange has to say it (RFC 8693, section 2.2.1).
    pub(crate) kind: Option<&'static str>,
    /// What it is renewed with, where the consent lasts (RFC 6749, section 6).
    pub(crate) refresh_token: Option<Zeroizing<String>>,
    /// Who the person is, where the client asked (`OpenID` Connect Core, section 3.1.3.3).
    pub(crate) id_token: Option<String>,
}

/// A signed token, which outlives neither its credential nor its grant. It exists once the
/// transaction is saved.
pub(crate) async fn sign(
    authority: &Authority,
    tx: &mut Tx,
    minted: Minted<'_>,
    terms: Terms<'_>,
) -> Result<Issued, Fault> {
    let now = authority.now();
    let Minted { agent, key, scopes, under } = minted;
    let asked = now.plus_seconds(i64::from(terms.ttl_seconds));
    let exp = under.map_or(asked, |line| asked.min(line.expires_at()));
    let leaf = under.map(Line::leaf);
    let details = leaf.map_or_else(Details::default, |it| it.extent.details.clone());
    let trust_domain = &authority.settings.trust_domain;
    let own = || Acting::of([agent], None, trust_domain);
    let acting = under.map_or_else(own, |line| line.acting(trust_domain));
    let jti = TokenId::fresh(now, &authority.entropy);
    let under_id = leaf.map(|grant| grant.id);
    let issued = IssuedToken { id: jti, agent: agent.id, key, under: under_id, expires_at: exp };
    let draw = || u32::from_be_bytes(authority.entropy.bytes());
    let place = tx.issued_tokens().insert(&issued, draw).await?;
    let token = AccessToken {
        iss: authority.settings.issuer.clone(),
        sub: acting.subject,
        aud: terms.apis.iter().map(|api| api.resource.clone()).collect(),
        client_id: agent.id,
        iat: now,
        exp,
        jti,
        scope: scopes.clone(),
        cnf: terms.confirmation,
        agent: agent.name.clone(),
        project: agent.project.clone(),
        owner: agent.owner.clone(),
        kind: agent.kind,
        rate_limit: agent.limit.map(Limit::per_minute),
        key_id: key,
        grant: under_id,
        task: under.and_then(Line::task).and_then(|grant| grant.task),
        purpose: under.and_then(Line::task).map(|grant| grant.purpose.clone()),
        act: acting.actors,
        may_act: terms.may_act,
        authorization_details: details.clone(),
        status: Some(StatusReference {
            uri: status::uri(&authority.settings.issuer, place.list),
            place: place.place,
        }),
    };
    let token = token.sign(&authority.signing().await?.key)?;
    let ttl_seconds = u32::try_from(exp.millis_since(now) / 1_000).unwrap_or(0);
    let is_dpop = terms.is_dpop;
    Ok(Issued {
        token,
        is_dpop,
        ttl_seconds,
        scopes,
        details,
        kind: None,
        refresh_token: None,
        id_token: None,
    })
}
