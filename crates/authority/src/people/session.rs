//! A person's sign-in at a browser: begun, found by its cookie, ended.

use bailiwick_domain::id::{PersonId, SessionId};
use bailiwick_domain::person::{Person, SESSION_SECONDS, Session, Standing};
use bailiwick_domain::ruling::Decider;
use bailiwick_domain::signal::{Cause, Initiator};
use bailiwick_domain::time::Timestamp;
use bailiwick_proof::keys::MacKey;
use bailiwick_proof::opaque::{self, Opens};
use bailiwick_store::Tx;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::{HeaderMap, HeaderValue};

use crate::authority::Authority;
use crate::fault::Fault;
use crate::people::cookie::Cookie;

/// How exactly it is remembered when a sign-in was last used, in seconds.
const SEEN_SECONDS: i64 = 60;
/// What the tag of a form is over: nothing else is ever tagged with a cookie's secret.
const FORM: &[u8] = b"bailiwick form";

/// A person who is signed in, at the browser that sent the request.
#[derive(Debug, Clone)]
pub(crate) struct SignedIn {
    /// Who.
    pub(crate) person: Person,
    /// The sign-in.
    pub(crate) session: Session,
    forms: MacKey,
}

impl SignedIn {
    /// The person as one who decides.
    pub(crate) fn decider(&self) -> Decider {
        Decider::from(&self.person)
    }

    /// What every form shown to this browser carries: an HMAC with the cookie's secret, so that
    /// only a page made for this sign-in has it.
    pub(crate) fn form_token(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.forms.sign(FORM))
    }

    /// Whether a form carries it; takes the same time wherever it differs.
    pub(crate) fn knows(&self, token: &str) -> bool {
        let tag = URL_SAFE_NO_PAD.decode(token);
        tag.is_ok_and(|tag| self.forms.verify(FORM, &tag).is_ok())
    }
}

/// The person whose browser sent a request with these headers, if one is signed in there.
pub(crate) async fn find(
    authority: &Authority,
    headers: &HeaderMap,
) -> Result<Option<SignedIn>, Fault> {
    let Some((secret, digest)) = carried(authority, headers) else { return Ok(None) };
    let now = authority.now();
    let mut tx = authority.store.read().await?;
    let session = tx.sessions().find_by_digest(&digest).await?;
    let Some(session) = session.filter(|it| it.is_usable(now)) else { return Ok(None) };
    let person = tx.people().find(session.person).await?;
    drop(tx);
    let Some(person) = person.filter(|it| it.state == Standing::Active) else { return Ok(None) };
    if now >= session.last_seen_at.plus_seconds(SEEN_SECONDS) {
        let mut tx = authority.store.begin_append().await?;
        tx.sessions().touch(session.id, now).await?;
        tx.save().await?;
    }
    let forms = MacKey::new(secret.as_bytes())?;
    Ok(Some(SignedIn { person, session, forms }))
}

/// Begins a sign-in of this person, who proved who they are at that instant: `Set-Cookie` for their
/// browser.
/// Whatever sign-in that browser carried until now ends, so that nobody can have planted the new
/// one.
pub(crate) async fn begin(
    authority: &Authority,
    tx: &mut Tx,
    headers: &HeaderMap,
    person: PersonId,
    authenticated_at: Timestamp,
) -> Result<HeaderValue, Fault> {
    let now = authority.now();
    end_carried(authority, tx, headers).await?;
    let (secret, digest) = opaque::fresh(Opens::Pages, &authority.entropy);
    let session = Session {
        id: SessionId::fresh(now, &authority.entropy),
        person,
        digest,
        authenticated_at,
        last_seen_at: now,
        expires_at: now.plus_seconds(SESSION_SECONDS),
        ended_at: None,
    };
    tx.sessions().insert(&session).await?;
    tracing::info!(%person, session = %session.id, "a person signed in");
    Cookie::Session.set(authority, &secret, SESSION_SECONDS)
}

/// Ends the sign-in that a request with these headers carries: `Set-Cookie` that removes it.
pub(crate) async fn end(authority: &Authority, headers: &HeaderMap) -> Result<HeaderValue, Fault> {
    let mut tx = authority.store.begin().await?;
    tx.because(Cause { initiator: Initiator::User, reason: "the person signed out".to_owned() });
    end_carried(authority, &mut tx, headers).await?;
    tx.save().await?;
    Cookie::Session.clear(authority)
}

/// Whether the person proved who they are within the last `max_age_seconds`: what dangerous acts
/// ask for.
pub(crate) fn fresh(signed_in: &SignedIn, now: Timestamp, max_age_seconds: i64) -> bool {
    now < signed_in.session.authenticated_at.plus_seconds(max_age_seconds)
}

async fn end_carried(authority: &Authority, tx: &mut Tx, headers: &HeaderMap) -> Result<(), Fault> {
    let Some((_, digest)) = carried(authority, headers) else { return Ok(()) };
    if let Some(session) = tx.sessions().find_by_digest(&digest).await? {
        tx.sessions().end(session.id, authority.now()).await?;
    }
    Ok(())
}

/// The cookie and its digest; the checksum is held before anything is looked up.
fn carried<'h>(authority: &Authority, headers: &'h HeaderMap) -> Option<(&'h str, [u8; 32])> {
    let secret = Cookie::Session.find(authority, headers)?;
    opaque::digest_of(Opens::Pages, secret).map(|digest| (secret, digest))
}
