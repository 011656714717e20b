//! A token out of what a person granted.

use bailiwick_domain::api::Api;
use bailiwick_domain::credential::Strength;
use bailiwick_domain::id::GrantId;
use bailiwick_domain::scope::{Scope, ScopeSet};
use bailiwick_proof::jwt::Confirmation;
use bailiwick_proof::opaque::{self, Opens};
use bailiwick_store::Tx;
use bailiwick_store::refresh_tokens::RefreshToken;
use zeroize::Zeroizing;

use crate::authority::Authority;
use crate::authorize::extent::{OFFLINE, OPENID};
use crate::fault::Fault;
use crate::issue::form::{Binding, Form};
use crate::issue::line::Line;
use crate::issue::mint::{self, Issued, Minted};
use crate::issue::party::Party;
use crate::issue::refused::Refused;
use crate::issue::sender;
use crate::issue::target;
use crate::issue::terms::Terms;
use crate::prove::Received;

/// What every code, refresh token and request that is not good is answered.
pub(crate) const NOT_GOOD: Refused =
    Refused::InvalidGrant("it is not good for this client, or not any more");

/// What the request came with, beside what it shows for a token: the key of its DPoP proof.
#[derive(Debug, Clone)]
pub(crate) struct Sender(pub(crate) Option<Confirmation>);

impl Sender {
    /// Reads and spends the proof. A client that is registered to have one always has to.
    pub(crate) async fn find(
        authority: &Authority,
        received: Received<'_>,
        party: &Party,
    ) -> Result<Self, Refused> {
        let found = sender::by_dpop(authority, received, party.spends_as()).await?;
        if found.is_none() && party.registration.dpop_bound {
            return Err(Refused::InvalidRequest("the client registered to send DPoP proofs"));
        }
        Ok(Self(found))
    }

    /// The thumbprint of the key, if there was a proof.
    pub(crate) fn key(&self) -> Option<&str> {
        self.0.as_ref().and_then(Confirmation::jkt)
    }
}

/// The grant with all above it, if it is live and this client's.
pub(crate) async fn line(
    authority: &Authority,
    tx: &mut Tx,
    grant: GrantId,
    party: &Party,
) -> Result<Line, Refused> {
    let line = Line::find(tx, grant, authority.now()).await?;
    line.filter(|line| line.leaf().agent == party.agent.id).ok_or(NOT_GOOD)
}

/// Makes a token under a grant: as far as the grant reaches, the agent still may, and this request
/// asks.
pub(crate) async fn issue(
    authority: &Authority,
    tx: &mut Tx,
    (party, sender): (&Party, Sender),
    form: &Form,
    line: &Line,
) -> Result<Issued, Refused> {
    let scopes = scopes(party, form.scope.as_deref(), line)?;
    let terms = terms(authority, (party, sender), form, line)?;
    let key = party.key.as_ref().map(|key| key.id);
    let minted = Minted { agent: &party.agent, key, scopes, under: Some(line) };
    Ok(mint::sign(authority, tx, minted, terms).await?)
}

fn scopes(party: &Party, asked: Option<&str>, line: &Line) -> Result<ScopeSet, Refused> {
    let granted = line.leaf().extent.scopes.intersection(&party.agent.scopes);
    let held = match party.key.as_ref().and_then(|key| key.scopes.as_ref()) {
        Some(scopes) => granted.intersection(scopes),
        None => granted,
    };
    let Some(asked) = asked else { return Ok(held) };
    let asked: ScopeSet = asked.parse().map_err(|it| Refused::InvalidScope(format!("{it}")))?;
    // What only says how the consent is meant may be repeated.
    let meant = |it: &&Scope| !matches!(it.as_str(), OPENID | OFFLINE);
    let asked = ScopeSet::new(asked.iter().filter(meant).cloned());
    if asked.is_empty() {
        return Ok(held);
    }
    let missing = asked.missing_from(&held);
    if missing.is_empty() {
        Ok(asked)
    } else {
        Err(Refused::InvalidScope(format!("the person did not grant: {missing}")))
    }
}

/// At which APIs the token is good, and what must be shown with it. A client that proves no key
/// gets a bearer token, for APIs that take those.
fn terms<'a>(
    authority: &'a Authority,
    (party, sender): (&Party, Sender),
    form: &Form,
    line: &Line,
) -> Result<Terms<'a>, Refused> {
    let granted = &line.leaf().extent.resources;
    let open = sender.0.is_none() && party.holds.is_none();
    let named = !form.resources.is_empty() || !form.audiences.is_empty();
    let beyond = "the person did not grant that";
    if form.resources.iter().any(|it| !granted.contains(it)) {
        return Err(Refused::InvalidTarget(beyond));
    }
    let fits = |api: &&Api| {
        let asked = form.resources.contains(&api.resource)
            || form.audiences.iter().any(|it| **it == *api.name);
        granted.contains(&api.resource)
            && (if named { asked } else { !open || api.proof == Strength::Bearer })
    };
    let apis: Vec<&Api> = authority.apis.iter().filter(fits).collect();
    if apis.is_empty() {
        let why = "no API that was granted takes bearer tokens: send a DPoP proof (RFC 9449)";
        return Err(Refused::InvalidTarget(if named || !open { beyond } else { why }));
    }
    let by_default = authority.settings.token_bound && !open;
    let binding = form.binding.filter(|_| !open).or(open.then_some(Binding::None));
    let bound = target::is_bound(binding, by_default, &apis)?;
    let is_dpop = sender.0.is_some();
    let confirmation = match sender.0 {
        Some(key) => Some(key),
        None if bound => party.holds.clone(),
        None => None,
    };
    let ttl_seconds = form.ttl_seconds.unwrap_or(authority.settings.token_ttl_seconds);
    Ok(Terms { apis, confirmation, is_dpop, ttl_seconds, may_act: None })
}

/// A refresh token for a grant. A client without a key of its own can use it only with the DPoP key
/// that it showed when it first came (RFC 9449, section 5).
pub(crate) async fn refresh_token(
    authority: &Authority,
    tx: &mut Tx,
    (party, dpop_key): (&Party, Option<&str>),
    line: &Line,
) -> Result<Zeroizing<String>, Fault> {
    successor(authority, tx, (party, dpop_key), (line, None)).await
}

/// The same in the place of another one, by its digest.
pub(crate) async fn successor(
    authority: &Authority,
    tx: &mut Tx,
    (party, dpop_key): (&Party, Option<&str>),
    (line, parent): (&Line, Option<[u8; 32]>),
) -> Result<Zeroizing<String>, Fault> {
    let (token, digest) = opaque::fresh(Opens::Refresh, &authority.entropy);
    let kept = RefreshToken {
        digest,
        grant: line.leaf().id,
        agent: party.agent.id,
        dpop_key: dpop_key.filter(|_| party.key.is_none()).map(str::to_owned),
        expires_at: line.expires_at(),
        first_used_at: None,
        uses: 0,
        parent,
    };
    tx.refresh_tokens().insert(&kept).await?;
    Ok(token)
}

/// Ends a grant, since what gave it was used twice: whoever came second, or first, had stolen it.
pub(crate) async fn end(
    authority: &Authority,
    tx: &mut Tx,
    grant: GrantId,
    because: &str,
) -> Result<(), Fault> {
    if let Some(grant) = tx.grants().find(grant).await?
        && grant.ended_at.is_none()
    {
        tracing::warn!(grant = %grant.id, agent = %grant.agent, because, "a grant was ended");
        tx.grants().update(&grant.end(because, authority.now())).await?;
    }
    Ok(())
}
