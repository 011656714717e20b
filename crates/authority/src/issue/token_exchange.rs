//! Token exchange (RFC 8693): an agent that holds another's token gets one of its own, for the same
//! authority or less. The client that authenticates is the actor; nothing else makes it one.

use bailiwick_domain::client::GrantType;
use bailiwick_domain::grant::{Extent, Grant};
use bailiwick_proof::jwt::{Confirmation, WorkloadToken};
use bailiwick_store::Tx;

use crate::authority::Authority;
use crate::issue::client::{self, Client};
use crate::issue::form::Form;
use crate::issue::live::Live;
use crate::issue::mint::Issued;
use crate::issue::refused::Refused;
use crate::issue::said::{self, Sort};
use crate::issue::{delegate, may_act, narrow, party, person, sender, terms};
use crate::prove::Received;

/// The grant type's name.
pub(crate) const GRANT_TYPE: &str = "urn:ietf:params:oauth:grant-type:token-exchange";
/// What every token type begins with (RFC 8693, section 3).
const TYPES: &str = "urn:ietf:params:oauth:token-type:";
/// What every exchange results in.
const ACCESS_TOKEN: &str = "urn:ietf:params:oauth:token-type:access_token";

/// Decides a token request.
pub(crate) async fn decide(
    authority: &Authority,
    received: Received<'_>,
    form: &Form,
) -> Result<Issued, Refused> {
    let client = client::authenticate(authority, received, form).await?;
    party::check_registered(authority, &client.agent, GrantType::TokenExchange).await?;
    let (subject, sort) = subject(form)?;
    let actor = actor(form)?;
    match form.requested_token_type.as_deref().and_then(|it| it.strip_prefix(TYPES)) {
        Some("access_token" | "jwt") => {}
        None if form.requested_token_type.is_none() => {}
        _ => return Err(Refused::InvalidRequest("only access tokens are issued here")),
    }
    let claimed = WorkloadToken::claimed_issuer(subject).map_err(said::refuse)?;
    let is_own = claimed == authority.settings.issuer;
    let said = match (is_own, sort) {
        (true, Sort::IdToken) => {
            return Err(Refused::InvalidRequest("subject_token is not of its subject_token_type"));
        }
        (true, _) => None,
        (false, sort) => Some(said::verify(authority, &client, subject, sort).await?),
    };
    let by_dpop = sender::by_dpop(authority, received, client.key.id).await?;
    let mut tx = authority.store.begin().await?;
    check_actor(authority, &mut tx, &client, actor).await?;
    let exchange = Exchange { authority, client: &client, form };
    let mut issued = match said {
        Some(said) => person::exchange(authority, tx, (&client, form), &said, by_dpop).await?,
        None => exchange.own(tx, subject, by_dpop).await?,
    };
    issued.kind = Some(ACCESS_TOKEN);
    Ok(issued)
}

fn subject(form: &Form) -> Result<(&str, Sort), Refused> {
    let subject = form.subject_token.as_deref();
    let subject = subject.ok_or(Refused::InvalidRequest("subject_token is missing"))?;
    let named = form.subject_token_type.as_deref();
    let named = named.ok_or(Refused::InvalidRequest("subject_token_type is missing"))?;
    match named.strip_prefix(TYPES) {
        Some("access_token" | "jwt") => Ok((subject, Sort::Jwt)),
        Some("id_token") => Ok((subject, Sort::IdToken)),
        _ => Err(Refused::InvalidRequest("subject_token_type is not one that is taken here")),
    }
}

/// RFC 8693, section 2.1: the type is there exactly when the token is.
fn actor(form: &Form) -> Result<Option<&str>, Refused> {
    let named = form.actor_token_type.as_deref().map(|it| it.strip_prefix(TYPES));
    match (form.actor_token.as_deref(), named) {
        (None, None) => Ok(None),
        (Some(token), Some(Some("access_token" | "jwt"))) => Ok(Some(token)),
        (Some(_), Some(_)) => {
            Err(Refused::InvalidRequest("actor_token_type is not one that is taken here"))
        }
        _ => Err(Refused::InvalidRequest("actor_token and actor_token_type go together")),
    }
}

/// An actor token says again who the client is, or nothing is granted. Leaving it out is the same.
async fn check_actor(
    authority: &Authority,
    tx: &mut Tx,
    client: &Client,
    actor: Option<&str>,
) -> Result<(), Refused> {
    let Some(text) = actor else { return Ok(()) };
    match Live::find(authority, tx, text).await? {
        Some(actor) if actor.agent.id == client.agent.id => Ok(()),
        _ => Err(Refused::InvalidGrant("actor_token is not a live token of this client's")),
    }
}

struct Exchange<'a> {
    authority: &'a Authority,
    client: &'a Client,
    form: &'a Form,
}

impl Exchange<'_> {
    /// A token of this authority's, for one below it.
    async fn own(
        &self,
        mut tx: Tx,
        subject: &str,
        by_dpop: Option<Confirmation>,
    ) -> Result<Issued, Refused> {
        let Self { authority, client, form } = *self;
        let live = Live::find(authority, &mut tx, subject).await?;
        let live = live.ok_or(Refused::InvalidGrant("subject_token is not a live token"))?;
        let asked = may_act::named(authority, &mut tx, form, client).await?;
        let may_act = self.permit(&live, asked)?;
        let outer = live.extent();
        let outer = outer.ok_or(Refused::InvalidGrant("nothing of subject_token is left"))?;
        let scopes = narrow::scopes(form.scope.as_deref(), &outer.scopes, &client.ceiling())?;
        let apis = narrow::apis(&authority.apis, form, &outer.resources)?;
        let asked = form.authorization_details.as_deref();
        let details = narrow::details(asked, &apis, &outer.details)?;
        let resources = apis.iter().map(|api| api.resource.clone()).collect();
        let terms = terms::fix(authority, form, client, apis, by_dpop)?;
        let above = delegate::root(authority, &mut tx, &live, &outer).await?;
        let below = delegate::below(authority, &above, (client.agent.id, Some(client.key.id)))?;
        let grant = Grant {
            token: Some(live.token.jti),
            extent: Extent { scopes, resources, details },
            expires_at: delegate::end(authority, &terms, below.expires_at.min(live.token.exp)),
            ..below
        };
        let line = delegate::insert(authority, &mut tx, &grant).await?;
        let terms = terms::Terms { may_act, ..terms };
        delegate::issue(authority, tx, client, &line, terms).await
    }

    /// Whether the client may act with the token: its own, or one that names it, or one that names
    /// nobody and did not come from another project (RFC 8693, section 4.4). A bound token that
    /// was stolen there must be worth nothing here. Who may act with the new one.
    fn permit(&self, live: &Live, asked: Option<String>) -> Result<Option<String>, Refused> {
        let agent = &self.client.agent;
        let named = live.token.may_act.clone();
        if live.agent.id == agent.id {
            return match (named, asked) {
                (Some(named), Some(asked)) if named != asked => {
                    Err(Refused::InvalidGrant("subject_token says who else may act"))
                }
                (named, asked) => Ok(named.or(asked)),
            };
        }
        let subject = agent.subject(&self.authority.settings.trust_domain);
        match named {
            Some(named) if named == subject || named == agent.id.to_string() => Ok(asked),
            Some(_) => Err(Refused::InvalidGrant("may_act of subject_token names another")),
            None if live.token.cnf.is_some() && live.agent.project != agent.project => {
                let unnamed = "subject_token is bound, and its may_act does not name this agent";
                Err(Refused::InvalidGrant(unnamed))
            }
            None => Ok(asked),
        }
    }
}
