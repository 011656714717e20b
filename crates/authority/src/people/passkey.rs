//! Passkeys: registered by people whom this authority itself vouches for, and signed in with.

use bailiwick_domain::id::{KeyId, PasskeyId, PersonId};
use bailiwick_domain::passkey::{Passkey, Welcome};
use bailiwick_domain::person::{Person, Standing};
use bailiwick_proof::opaque::{self, Opens};
use bailiwick_proof::passkey::{self, Assertion, Expectation, Registered, Registration};
use bailiwick_store::Tx;
use bailiwick_store::fast::Nonce;
use http::{HeaderMap, HeaderValue};

use crate::authority::Authority;
use crate::people::attempt::{Attempt, Begun};
use crate::people::cookie::Cookie;
use crate::people::party::Party;
use crate::people::session::{self, SignedIn};
use crate::refusal::Refusal;

/// How long a challenge may be answered, in seconds.
pub(crate) const CHALLENGE_SECONDS: i64 = 300;
/// What an attempt with a passkey is called; no provider can be.
const WAY: &str = ":passkey";
/// The most passkeys that one person has.
const MOST_PASSKEYS: usize = 20;

/// Begins a ceremony at this browser, after which it goes on to that page.
pub(crate) fn begin(authority: &Authority, return_to: &str) -> Result<Begun, Refusal> {
    let attempt = Attempt {
        way: WAY.to_owned(),
        return_to: return_to.to_owned(),
        again: false,
        began_at: authority.now(),
    };
    Ok(Begun::new(&attempt, &authority.entropy)?)
}

/// The ceremony that this browser has begun, and whose challenge counts from now on no more.
pub(crate) async fn resume(authority: &Authority, headers: &HeaderMap) -> Result<Begun, Refusal> {
    let begun = Cookie::Passkey.find(authority, headers).and_then(Begun::read);
    let begun = begun.ok_or(Refusal::SignInFailed("this browser has begun nothing"))?;
    let began_at = begun.attempt.began_at;
    let until = began_at.plus_seconds(CHALLENGE_SECONDS);
    if begun.attempt.way != WAY || !(began_at..until).contains(&authority.now()) {
        return Err(Refusal::SignInFailed("the answer came too late"));
    }
    let nonce =
        Nonce { key: KeyId::from_bits(0), text: &begun.state(), created_at: began_at, until };
    if authority.fast.spend_nonce(&nonce, authority.now()).await? {
        return Ok(begun);
    }
    Err(Refusal::SignInFailed("the answer was used already"))
}

/// The link of this code, while it lets somebody in.
pub(crate) async fn welcome(tx: &mut Tx, now: &Authority, code: &str) -> Result<Welcome, Refusal> {
    let digest = opaque::digest_of(Opens::Welcome, code).ok_or(Refusal::WelcomeUnusable)?;
    let found = tx.welcomes().find(&digest).await?;
    found.filter(|it| it.is_usable(now.now())).ok_or(Refusal::WelcomeUnusable)
}

/// Lets a person in who came with a link and made a passkey: `Set-Cookie` for their browser.
pub(crate) async fn come_in(
    authority: &Authority,
    headers: &HeaderMap,
    (code, name): (&str, String),
    answer: &Registration<'_>,
) -> Result<HeaderValue, Refusal> {
    let begun = resume(authority, headers).await?;
    let made = register(authority, &begun, answer)?;
    let now = authority.now();
    let mut tx = authority.store.begin().await?;
    let welcome = welcome(&mut tx, authority, code).await?;
    let id = person_of(&begun);
    let person = Person {
        id,
        issuer: authority.settings.issuer.clone(),
        subject: id.to_string(),
        name: welcome.name.unwrap_or(name),
        email: None,
        role: welcome.role,
        state: Standing::Active,
        created_at: now,
    };
    tx.people().insert(&person).await?;
    insert(authority, &mut tx, id, made).await?;
    tx.welcomes().spend(&welcome.digest, now).await?;
    let cookie = session::begin(authority, &mut tx, headers, id, now).await?;
    tx.save().await?;
    Ok(cookie)
}

/// Adds a passkey to those of a person whom this authority itself vouches for: whoever comes from a
/// provider goes when the provider says so, and keeps no key of their own.
pub(crate) async fn add(
    authority: &Authority,
    headers: &HeaderMap,
    signed_in: &SignedIn,
    answer: &Registration<'_>,
) -> Result<(), Refusal> {
    if signed_in.person.issuer != authority.settings.issuer {
        return Err(Refusal::StateImpossible("you sign in at a provider".to_owned()));
    }
    let begun = resume(authority, headers).await?;
    let made = register(authority, &begun, answer)?;
    let mut tx = authority.store.begin().await?;
    if tx.passkeys().list(signed_in.person.id).await?.len() >= MOST_PASSKEYS {
        return Err(Refusal::StateImpossible(format!("{MOST_PASSKEYS} passkeys are enough")));
    }
    insert(authority, &mut tx, signed_in.person.id, made).await?;
    tx.save().await?;
    Ok(())
}

/// Removes passkeys of a person; one has to stay.
pub(crate) async fn remove(
    authority: &Authority,
    signed_in: &SignedIn,
    ids: &[PasskeyId],
) -> Result<(), Refusal> {
    let mut tx = authority.store.begin().await?;
    for id in ids {
        tx.passkeys().remove(*id, signed_in.person.id).await?;
    }
    if tx.passkeys().list(signed_in.person.id).await?.is_empty() {
        return Err(Refusal::StateImpossible("one passkey has to stay".to_owned()));
    }
    tx.save().await?;
    Ok(())
}

/// Signs the person in whose passkey this is: `Set-Cookie` for their browser, and where it goes on.
pub(crate) async fn sign_in(
    authority: &Authority,
    headers: &HeaderMap,
    credential_id: &[u8],
    answer: &Assertion<'_>,
) -> Result<(HeaderValue, String), Refusal> {
    let begun = resume(authority, headers).await?;
    let party = Party::of(authority).ok_or(Refusal::NotFound("way to sign in"))?;
    let now = authority.now();
    let mut tx = authority.store.begin().await?;
    let known = tx.passkeys().find_credential(credential_id).await?;
    let known = known.ok_or(Refusal::SignInFailed("the passkey is not one of here"))?;
    let challenge = begun.passkey_challenge();
    let expected = expectation(&challenge, &party);
    let count = passkey::assert(answer, &known.public_key, known.sign_count, &expected);
    let count = count.map_err(|why| refused(&known.person.to_string(), why))?;
    let person = tx.people().find(known.person).await?;
    if person.is_none_or(|person| person.state != Standing::Active) {
        return Err(Refusal::PersonRefused);
    }
    tx.passkeys().touch(known.id, count, now).await?;
    let cookie = session::begin(authority, &mut tx, headers, known.person, now).await?;
    tx.save().await?;
    Ok((cookie, begun.attempt.return_to))
}

/// Whom a passkey that is made in this ceremony is for, when they are new.
pub(crate) fn person_of(begun: &Begun) -> PersonId {
    PersonId::at(begun.attempt.began_at, begun.unique())
}

fn register(
    authority: &Authority,
    begun: &Begun,
    answer: &Registration<'_>,
) -> Result<Registered, Refusal> {
    let party = Party::of(authority).ok_or(Refusal::NotFound("way to sign in"))?;
    let challenge = begun.passkey_challenge();
    let made = passkey::register(answer, &expectation(&challenge, &party));
    made.map_err(|why| refused("somebody new", why))
}

async fn insert(
    authority: &Authority,
    tx: &mut Tx,
    person: PersonId,
    made: Registered,
) -> Result<(), Refusal> {
    let now = authority.now();
    let passkey = Passkey {
        id: PasskeyId::fresh(now, &authority.entropy),
        person,
        credential_id: made.credential_id,
        public_key: made.public_key,
        sign_count: made.sign_count,
        created_at: now,
        last_used_at: None,
    };
    match tx.passkeys().insert(&passkey).await {
        Err(bailiwick_store::Fault::Conflict(_)) => {
            Err(Refusal::StateImpossible("the passkey is somebody's already".to_owned()))
        }
        done => Ok(done?),
    }
}

fn expectation<'a>(challenge: &'a [u8], party: &'a Party) -> Expectation<'a> {
    Expectation { challenge, origin: &party.origin, rp_id: &party.rp_id }
}

fn refused(who: &str, why: passkey::Refused) -> Refusal {
    tracing::warn!(%who, %why, "a passkey is refused");
    Refusal::SignInFailed("the passkey does not prove who you are")
}
