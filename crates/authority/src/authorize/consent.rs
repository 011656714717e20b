//! A person's consent: what it becomes, and when it need not be asked for again.

use bailiwick_domain::agent::Agent;
use bailiwick_domain::client::{ClientRegistration, Source};
use bailiwick_domain::grant::{Budgets, Extent, Grant};
use bailiwick_domain::id::GrantId;
use bailiwick_domain::time::Timestamp;
use bailiwick_proof::opaque::{self, Opens};
use bailiwick_store::Tx;
use bailiwick_store::codes::Code;

use crate::authority::Authority;
use crate::authorize::request::Request;
use crate::clients::find;
use crate::clients::requester::Requester;
use crate::fault::Fault;
use crate::govern::{effect, names};
use crate::issue::line::Line;
use crate::people::session::SignedIn;
use crate::refusal::Refusal;

/// How long a code is good, in seconds (RFC 6749, section 4.1.2: ten minutes at most).
const CODE_SECONDS: i64 = 60;

/// What a person lets a client do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Allowed {
    /// How far it reaches; within what was asked for.
    pub(crate) extent: Extent,
    /// For how long, in seconds.
    pub(crate) seconds: u32,
    /// Whether it outlasts the sign-in.
    pub(crate) offline: bool,
}

/// What this person has granted this client before that covers what it asks for now, if the client
/// proves who it is: of any other, nobody knows who it is (RFC 6749, section 10.2).
pub(crate) async fn standing(
    authority: &Authority,
    signed_in: &SignedIn,
    request: &Request,
) -> Result<Option<Grant>, Fault> {
    let requester = &request.requester;
    if requester.registration.is_public() || !requester.admitted {
        return Ok(None);
    }
    let mut tx = authority.store.read().await?;
    for grant in tx.grants().list_of_person(signed_in.person.id).await? {
        let lasts = grant.session.is_none()
            || !request.asked.offline && grant.session == Some(signed_in.session.id);
        let same = grant.agent == requester.agent.id && grant.parent.is_none();
        if same
            && lasts
            && request.asked.extent.within(&grant.extent).is_ok()
            && Line::find(&mut tx, grant.id, authority.now()).await?.is_some()
        {
            return Ok(Some(grant));
        }
    }
    Ok(None)
}

/// The person lets the client do this: a grant, and the code by which the client gets it, as one
/// transaction.
pub(crate) async fn allow(
    authority: &Authority,
    signed_in: &SignedIn,
    (request, pushed): (&Request, Option<[u8; 32]>),
    allowed: Allowed,
) -> Result<String, Refusal> {
    let mut tx = authority.store.begin().await?;
    take(authority, &mut tx, pushed).await?;
    let grant = grant(authority, &mut tx, signed_in, &request.requester, allowed).await?;
    let code = code(authority, &mut tx, (signed_in, request), &grant).await?;
    effect::save(tx).await?;
    Ok(code)
}

/// What a person lets a client do, written down as a grant. The client becomes known with it, if it
/// was not.
pub(crate) async fn grant(
    authority: &Authority,
    tx: &mut Tx,
    signed_in: &SignedIn,
    requester: &Requester,
    allowed: Allowed,
) -> Result<Grant, Refusal> {
    let agent = admit(authority, tx, requester).await?;
    let now = authority.now();
    let asked_until = now.plus_seconds(i64::from(allowed.seconds));
    let (session, expires_at) = if allowed.offline {
        (None, asked_until)
    } else {
        (Some(signed_in.session.id), asked_until.min(signed_in.session.expires_at))
    };
    let grant = Grant {
        id: GrantId::fresh(now, &authority.entropy),
        agent: agent.id,
        person: Some(signed_in.person.id),
        parent: None,
        depth: 1,
        key: None,
        session,
        token: None,
        task: None,
        purpose: agent.purpose,
        extent: allowed.extent,
        budgets: Budgets::default(),
        expires_at,
        ended_at: None,
        ended_because: None,
        created_at: now,
    };
    tx.grants().insert(&grant).await?;
    tracing::info!(person = %signed_in.person.id, agent = %grant.agent, grant = %grant.id,
        "a person let an agent act for them");
    Ok(grant)
}

/// What the person has granted before covers it: a code for a grant of its own under that one, so
/// that it can end by itself and ends with that.
pub(crate) async fn renew(
    authority: &Authority,
    signed_in: &SignedIn,
    (request, pushed): (&Request, Option<[u8; 32]>),
    before: &Grant,
) -> Result<String, Refusal> {
    let mut tx = authority.store.begin().await?;
    take(authority, &mut tx, pushed).await?;
    let now = authority.now();
    let session = (!request.asked.offline).then_some(signed_in.session.id);
    let expires_at: Timestamp = match session {
        Some(_) => before.expires_at.min(signed_in.session.expires_at),
        None => before.expires_at,
    };
    let grant = Grant {
        id: GrantId::fresh(now, &authority.entropy),
        person: None,
        parent: Some(before.id),
        session,
        extent: request.asked.extent.clone(),
        expires_at,
        created_at: now,
        ..before.clone()
    };
    tx.grants().insert(&grant).await?;
    let code = code(authority, &mut tx, (signed_in, request), &grant).await?;
    effect::save(tx).await?;
    Ok(code)
}

/// The person said no: a pushed request is used up by that too.
pub(crate) async fn deny(authority: &Authority, pushed: Option<[u8; 32]>) -> Result<(), Refusal> {
    let mut tx = authority.store.begin_append().await?;
    take(authority, &mut tx, pushed).await?;
    tx.save().await?;
    Ok(())
}

async fn take(authority: &Authority, tx: &mut Tx, pushed: Option<[u8; 32]>) -> Result<(), Refusal> {
    let Some(digest) = pushed else { return Ok(()) };
    if tx.pushed_requests().decide(&digest, authority.now()).await? {
        Ok(())
    } else {
        let why = "the request was answered already, or its time is over: start again there";
        Err(Refusal::Malformed(why.to_owned()))
    }
}

/// The client with its agent. One that is known by its document becomes an agent here, unless it
/// became one a moment ago; what its document says now is what is kept of it.
async fn admit(
    authority: &Authority,
    tx: &mut Tx,
    requester: &Requester,
) -> Result<Agent, Refusal> {
    let Source::Document(_) = requester.registration.source else {
        return Ok(requester.agent.clone());
    };
    let agent = match find::find(authority, tx, &requester.client_id).await? {
        Some((agent, _)) => agent,
        None => insert(authority, tx, requester).await?,
    };
    let registration = ClientRegistration { agent: agent.id, ..requester.registration.clone() };
    tx.clients().put(&registration).await?;
    Ok(agent)
}

async fn insert(
    authority: &Authority,
    tx: &mut Tx,
    requester: &Requester,
) -> Result<Agent, Refusal> {
    let agent = &requester.agent;
    if tx.projects().find_named(&agent.project).await?.is_none()
        || names::holder(tx, &agent.project, &agent.name, authority.now()).await?.is_some()
    {
        let why = "no agent can be made for this client here: ask whoever runs this";
        return Err(Refusal::Malformed(why.to_owned()));
    }
    tx.agents().insert(agent).await?;
    tracing::info!(agent = %agent.id, client = %requester.client_id, "a client was let in");
    Ok(agent.clone())
}

async fn code(
    authority: &Authority,
    tx: &mut Tx,
    (signed_in, request): (&SignedIn, &Request),
    grant: &Grant,
) -> Result<String, Fault> {
    let now = authority.now();
    let (code, digest) = opaque::fresh(Opens::Code, &authority.entropy);
    let kept = Code {
        digest,
        grant: grant.id,
        agent: grant.agent,
        redirect_uri: request.reply.redirect_uri.to_string(),
        challenge: request.challenge.clone(),
        dpop_key: request.dpop_key.clone(),
        openid: request.asked.openid,
        nonce: request.nonce.clone(),
        offline: grant.session.is_none(),
        authenticated_at: signed_in.session.authenticated_at,
        expires_at: now.plus_seconds(CODE_SECONDS).min(grant.expires_at),
        used_at: None,
    };
    tx.codes().insert(&kept).await?;
    Ok(code.to_string())
}
