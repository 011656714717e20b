//! A person lets an agent act, as a trusted issuer says of them: never more than that issuer may
//! hand on, and, where its token names no scopes, than the person has granted the agent by consent.

use bailiwick_domain::details::Details;
use bailiwick_domain::grant::{Extent, Grant};
use bailiwick_domain::id::PersonId;
use bailiwick_domain::issuer::TrustedIssuer;
use bailiwick_domain::person::{Person, Standing};
use bailiwick_domain::scope::{Scope, ScopeSet};
use bailiwick_proof::jwt::{Confirmation, WorkloadToken, details};
use bailiwick_store::Tx;
use bailiwick_store::assertions::Assertion;
use serde_json::Value;

use crate::authority::Authority;
use crate::issue::client::Client;
use crate::issue::form::Form;
use crate::issue::line::Line;
use crate::issue::mint::Issued;
use crate::issue::refused::Refused;
use crate::issue::said::Said;
use crate::issue::terms::Terms;
use crate::issue::{delegate, may_act, narrow, target, terms};

/// The longest name that is kept, in characters.
const NAME: usize = 200;

/// A token for this client, for the person that was spoken of.
pub(crate) async fn exchange(
    authority: &Authority,
    mut tx: Tx,
    (client, form): (&Client, &Form),
    said: &Said,
    by_dpop: Option<Confirmation>,
) -> Result<Issued, Refused> {
    let token = &said.token;
    let trusted = tx.issuers().find_url(token.issuer()).await?;
    let trusted = trusted.filter(|it| it.ended_at.is_none());
    let ceiling = trusted.as_ref().and_then(|it: &TrustedIssuer| it.person_scopes.as_ref());
    let untrusted = Refused::InvalidGrant("its issuer is trusted no more");
    let ceiling = ceiling.ok_or(untrusted)?.intersection(&client.ceiling());
    let person = find(authority, &mut tx, token).await?;
    spend(&mut tx, client, said).await?;
    let consent = match scopes_of(token) {
        Some(_) => None,
        None => Some(consent(authority, &mut tx, (client, form), person, &ceiling).await?),
    };
    let outer = outer(token, consent.as_ref())?;
    let scopes = narrow::scopes(form.scope.as_deref(), &outer.scopes, &ceiling)?;
    // Nothing says where: neither the person nor the issuer.
    let anywhere = consent.is_none() && !token.claims().contains_key("resource");
    let apis = if anywhere {
        target::choose(&authority.apis, form, &scopes)?
    } else {
        narrow::apis(&authority.apis, form, &outer.resources)?
    };
    let asked = form.authorization_details.as_deref();
    let details = narrow::details(asked, &apis, &outer.details)?;
    let resources = apis.iter().map(|api| api.resource.clone()).collect();
    let terms = terms::fix(authority, form, client, apis, by_dpop)?;
    check_binding(token, &terms)?;
    let may_act = may_act::named(authority, &mut tx, form, client).await?;
    let holder = (client.agent.id, Some(client.key.id));
    let blank = match &consent {
        Some(line) => delegate::below(authority, line, holder)?,
        None => Grant {
            person: Some(person),
            depth: 1,
            expires_at: token.expires_at(),
            ..delegate::blank(authority, holder.0, holder.1)
        },
    };
    let latest = blank.expires_at.min(token.expires_at());
    let grant = Grant {
        extent: Extent { scopes, resources, details },
        expires_at: delegate::end(authority, &terms, latest),
        ..blank
    };
    let line = delegate::insert(authority, &mut tx, &grant).await?;
    delegate::issue(authority, tx, client, &line, Terms { may_act, ..terms }).await
}

/// The person whom the issuer speaks of, remembered from now on if they were not known.
async fn find(
    authority: &Authority,
    tx: &mut Tx,
    token: &WorkloadToken,
) -> Result<PersonId, Refused> {
    let (issuer, subject) = (token.issuer(), token.subject());
    match tx.people().find_subject(issuer, subject).await? {
        Some(person) if person.state == Standing::Active => return Ok(person.id),
        Some(_) => return Err(Refused::InvalidGrant("the person is blocked")),
        None => {}
    }
    let claims = token.claims();
    let text = |name: &str| claims.get(name).and_then(Value::as_str);
    let plain = |text: &str| text.chars().filter(|it| !it.is_control()).take(NAME).collect();
    let name = text("name").or_else(|| text("preferred_username")).unwrap_or(subject);
    let is_theirs = claims.get("email_verified").and_then(Value::as_bool) == Some(true);
    let person = Person {
        id: PersonId::fresh(authority.now(), &authority.entropy),
        issuer: issuer.to_owned(),
        subject: subject.to_owned(),
        name: plain(name),
        email: text("email").filter(|_| is_theirs).map(plain),
        role: None,
        state: Standing::Active,
        created_at: authority.now(),
    };
    tx.people().insert(&person).await?;
    Ok(person.id)
}

/// A token that can be known again is of use to the first agent that used it; an ID-JAG once.
async fn spend(tx: &mut Tx, client: &Client, said: &Said) -> Result<(), Refused> {
    let Some(jti) = said.jti.clone() else { return Ok(()) };
    let assertion = Assertion {
        issuer: said.token.issuer().to_owned(),
        jti,
        agent: client.agent.id,
        expires_at: said.token.expires_at(),
    };
    match tx.assertions().spend(&assertion).await? {
        None => Ok(()),
        Some(agent) if agent == client.agent.id && !said.is_once => Ok(()),
        Some(_) => Err(Refused::InvalidGrant("it was used before")),
    }
}

/// The newest live consent of the person to this agent that has what is asked for.
async fn consent(
    authority: &Authority,
    tx: &mut Tx,
    (client, form): (&Client, &Form),
    person: PersonId,
    ceiling: &ScopeSet,
) -> Result<Line, Refused> {
    let granted = tx.grants().list_of_person(person).await?;
    let now = authority.now();
    let own = granted.into_iter().filter(|grant| {
        grant.agent == client.agent.id && grant.parent.is_none() && grant.is_live(now)
    });
    for grant in own {
        let has = narrow::scopes(form.scope.as_deref(), &grant.extent.scopes, ceiling).is_ok();
        if has && let Some(line) = Line::find(tx, grant.id, now).await? {
            return Ok(line);
        }
    }
    Err(Refused::InvalidGrant("the person has not granted this agent what it asks for"))
}

/// How far the issuer's word, or the consent, reaches.
fn outer(token: &WorkloadToken, consent: Option<&Line>) -> Result<Extent, Refused> {
    let said = match token.claims().get("authorization_details") {
        None => Details::default(),
        Some(claim) => details::read(claim).map_err(|_| {
            Refused::InvalidGrant("its authorization_details are not ones that are known here")
        })?,
    };
    let nothing = Refused::InvalidGrant("nothing is left of what was granted");
    let resources = resources_of(token)?;
    let Some(line) = consent else {
        let scopes = scopes_of(token).unwrap_or_default();
        let resources = resources.unwrap_or_default();
        return Ok(Extent { scopes, resources, details: said });
    };
    let granted = line.leaf().extent.clone();
    let details = granted.details.intersection(&said).ok_or(nothing)?;
    let good = |it: &String| resources.as_ref().is_none_or(|named| named.contains(it));
    let resources = granted.resources.into_iter().filter(good).collect();
    Ok(Extent { scopes: granted.scopes, resources, details })
}

/// The scopes that the token names, those of them that are scopes here; none where it names none.
fn scopes_of(token: &WorkloadToken) -> Option<ScopeSet> {
    let said = token.claims().get("scope")?.as_str().unwrap_or_default();
    Some(ScopeSet::new(said.split(' ').filter_map(|it| it.parse::<Scope>().ok())))
}

/// `resource` (RFC 8707): one, or several; none where the token does not say.
fn resources_of(token: &WorkloadToken) -> Result<Option<Vec<String>>, Refused> {
    let unreadable = || Refused::InvalidGrant("its resource cannot be read");
    let listed = match token.claims().get("resource") {
        None => return Ok(None),
        Some(Value::String(one)) => return Ok(Some(vec![one.clone()])),
        Some(Value::Array(listed)) if !listed.is_empty() => listed,
        Some(_) => return Err(unreadable()),
    };
    let texts = listed.iter().map(|it| it.as_str().map(str::to_owned));
    texts.collect::<Option<_>>().map(Some).ok_or_else(unreadable)
}

/// A token that is bound to a key is good for a token that is bound to the same one.
fn check_binding(token: &WorkloadToken, terms: &Terms<'_>) -> Result<(), Refused> {
    let Some(cnf) = token.claims().get("cnf") else { return Ok(()) };
    let same = match &terms.confirmation {
        Some(Confirmation::Key(jkt)) => cnf.get("jkt").and_then(Value::as_str) == Some(jkt),
        Some(Confirmation::Certificate(digest)) => {
            cnf.get("x5t#S256").and_then(Value::as_str) == Some(digest)
        }
        None => false,
    };
    if same {
        Ok(())
    } else {
        Err(Refused::InvalidGrant("it is bound to a key that was not shown"))
    }
}
