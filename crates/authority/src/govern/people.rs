//! People: given a role, blocked and let in again.

use bailiwick_domain::entropy::Entropy;
use bailiwick_domain::id::PersonId;
use bailiwick_domain::passkey::{WELCOME_SECONDS, Welcome};
use bailiwick_domain::person::{Person, Role, Standing};
use bailiwick_domain::time::{Clock, Timestamp};
use bailiwick_proof::opaque::{self, Opens};
use bailiwick_store::{Store, Tx};
use zeroize::Zeroizing;

use crate::authority::Authority;
use crate::fault::Fault;
use crate::govern::effect;
use crate::people::party::Party;
use crate::refusal::Refusal;

/// Makes a link with which one person comes in, once, within a day. The link is returned here and
/// nowhere else: only the digest of its code is kept.
pub(crate) async fn invite(
    authority: &Authority,
    name: Option<String>,
    role: Option<Role>,
) -> Result<(Welcome, Zeroizing<String>), Refusal> {
    let party = Party::of(authority).ok_or_else(|| {
        let why = "passkeys need an issuer with a name, over https or on this machine";
        Refusal::StateImpossible(why.to_owned())
    })?;
    let (welcome, code) = welcome(name, role, authority.now(), &authority.entropy);
    let mut tx = authority.store.begin().await?;
    tx.welcomes().insert(&welcome).await?;
    tx.save().await?;
    Ok((welcome, link(&party, &code)))
}

/// Makes the link with which the first person of an installation comes in, who may do everything;
/// nothing where people cannot have passkeys, since this issuer has no name. The link is returned
/// here and nowhere else.
pub async fn create_welcome(
    store: &Store,
    issuer: &str,
    clock: &Clock,
    entropy: &Entropy,
) -> Result<Option<Zeroizing<String>>, Fault> {
    let Some(party) = Party::of_issuer(issuer) else { return Ok(None) };
    let (welcome, code) = welcome(None, Some(Role::Admin), clock.now(), entropy);
    let mut tx = store.begin().await?;
    tx.welcomes().insert(&welcome).await?;
    tx.save().await?;
    Ok(Some(link(&party, &code)))
}

fn link(party: &Party, code: &str) -> Zeroizing<String> {
    Zeroizing::new(format!("{}/welcome?code={code}", party.origin))
}

/// A link that is not kept yet, and its code.
fn welcome(
    name: Option<String>,
    role: Option<Role>,
    now: Timestamp,
    entropy: &Entropy,
) -> (Welcome, Zeroizing<String>) {
    let (code, digest) = opaque::fresh(Opens::Welcome, entropy);
    let expires_at = now.plus_seconds(WELCOME_SECONDS);
    (Welcome { digest, name, role, created_at: now, expires_at, used_at: None }, code)
}

/// Gives a person a role, or takes it away; from their next request on.
pub(crate) async fn set_role(
    authority: &Authority,
    id: PersonId,
    role: Option<Role>,
) -> Result<Person, Refusal> {
    let mut tx = authority.store.begin().await?;
    let person = find(&mut tx, id).await?;
    let person = Person { role, ..person };
    tx.people().update(&person).await?;
    keep_an_admin(&mut tx).await?;
    effect::save(tx).await?;
    Ok(person)
}

/// Keeps a person out: their sign-ins end, and nothing that they granted holds.
pub(crate) async fn block(authority: &Authority, id: PersonId) -> Result<Person, Refusal> {
    let mut tx = authority.store.begin().await?;
    let person = find(&mut tx, id).await?;
    let person = Person { state: Standing::Blocked, ..person };
    tx.people().update(&person).await?;
    tx.because(effect::governed("an operator blocked the person"));
    tx.sessions().end_all(id, authority.now()).await?;
    keep_an_admin(&mut tx).await?;
    effect::save(tx).await?;
    Ok(person)
}

/// Lets a person sign in again. The sign-ins that ended stay ended.
pub(crate) async fn unblock(authority: &Authority, id: PersonId) -> Result<Person, Refusal> {
    let mut tx = authority.store.begin().await?;
    let person = find(&mut tx, id).await?;
    let person = Person { state: Standing::Active, ..person };
    tx.people().update(&person).await?;
    effect::save(tx).await?;
    Ok(person)
}

/// Refuses a change after which nobody could administer roles any more.
pub(crate) async fn keep_an_admin(tx: &mut Tx) -> Result<(), Refusal> {
    let operators = tx.operators().list().await?;
    let by_token = operators.iter().any(|it| it.role == Role::Admin && it.revoked_at.is_none());
    let people = tx.people().list().await?;
    let admin = |it: &Person| it.role == Some(Role::Admin) && it.state == Standing::Active;
    if by_token || people.iter().any(admin) {
        return Ok(());
    }
    Err(Refusal::StateImpossible("nobody would be left who is an admin".to_owned()))
}

async fn find(tx: &mut Tx, id: PersonId) -> Result<Person, Refusal> {
    tx.people().find(id).await?.ok_or(Refusal::NotFound("person"))
}
