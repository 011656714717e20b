//! People: given a role, blocked and let in again.

use bailiwick_domain::id::PersonId;
use bailiwick_domain::person::{Person, Role, Standing};
use bailiwick_store::Tx;

use crate::authority::Authority;
use crate::govern::effect;
use crate::refusal::Refusal;

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
