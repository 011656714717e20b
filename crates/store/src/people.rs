//! People, as they are kept.

use bailiwick_domain::id::PersonId;
use bailiwick_domain::person::{Person, Role, Standing};

use crate::fault::Fault;
use crate::row::Row;
use crate::tx::Tx;

/// The people, within one transaction.
pub struct People<'a>(&'a mut Tx);

/// What a gateway knows of a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PersonState {
    /// Who.
    pub id: PersonId,
    /// Whether what they granted holds.
    pub state: Standing,
}

impl Tx {
    /// The people.
    pub fn people(&mut self) -> People<'_> {
        People(self)
    }
}

impl People<'_> {
    /// Adds a person; a conflict when their issuer's subject is here already.
    pub async fn insert(&mut self, person: &Person) -> Result<(), Fault> {
        let number = self.0.number().await?;
        let sql = "INSERT INTO people (id, issuer, subject, name, email, role, state, \
                   created_at, changed) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
        let values = [
            person.id.into(),
            person.issuer.as_str().into(),
            person.subject.as_str().into(),
            person.name.as_str().into(),
            person.email.as_deref().into(),
            person.role.map(Role::as_str).into(),
            person.state.as_str().into(),
            person.created_at.into(),
            number.into(),
        ];
        self.0.execute(sql, values).await.map_err(|it| it.about("the person"))?;
        Ok(())
    }

    /// Writes what may change of a person who exists: name, address, role and state. Says whether
    /// they do.
    pub async fn update(&mut self, person: &Person) -> Result<bool, Fault> {
        let number = self.0.number().await?;
        let sql = "UPDATE people SET name = $2, email = $3, role = $4, state = $5, changed = $6 \
                   WHERE id = $1";
        let values = [
            person.id.into(),
            person.name.as_str().into(),
            person.email.as_deref().into(),
            person.role.map(Role::as_str).into(),
            person.state.as_str().into(),
            number.into(),
        ];
        Ok(self.0.execute(sql, values).await? > 0)
    }

    /// The person with this id.
    pub async fn find(&mut self, id: PersonId) -> Result<Option<Person>, Fault> {
        let row = self.0.fetch_first("SELECT * FROM people WHERE id = $1", [id.into()]).await?;
        row.as_ref().map(read).transpose()
    }

    /// The person whom this issuer calls so.
    pub async fn find_subject(
        &mut self,
        issuer: &str,
        subject: &str,
    ) -> Result<Option<Person>, Fault> {
        let sql = "SELECT * FROM people WHERE issuer = $1 AND subject = $2";
        let row = self.0.fetch_first(sql, [issuer.into(), subject.into()]).await?;
        row.as_ref().map(read).transpose()
    }

    /// The people to whom this issuer says that this address belongs.
    pub async fn find_email(&mut self, issuer: &str, email: &str) -> Result<Vec<Person>, Fault> {
        let sql = "SELECT * FROM people WHERE issuer = $1 AND email = $2 ORDER BY id";
        let rows = self.0.fetch(sql, [issuer.into(), email.into()]).await?;
        rows.iter().map(read).collect()
    }

    /// The people who have this address, whoever says so.
    pub async fn find_address(&mut self, email: &str) -> Result<Vec<Person>, Fault> {
        let sql = "SELECT * FROM people WHERE email = $1 ORDER BY id";
        self.0.fetch(sql, [email.into()]).await?.iter().map(read).collect()
    }

    /// All of them, oldest first.
    pub async fn list(&mut self) -> Result<Vec<Person>, Fault> {
        let rows = self.0.fetch("SELECT * FROM people ORDER BY id", []).await?;
        rows.iter().map(read).collect()
    }

    /// The people written by transactions after this number; of all, those that are blocked.
    pub(crate) async fn changed_since(&mut self, number: i64) -> Result<Vec<PersonState>, Fault> {
        let sql = match number {
            ..=0 => "SELECT id, state FROM people WHERE changed > $1 AND state = 'blocked'",
            _ => "SELECT id, state FROM people WHERE changed > $1",
        };
        let read =
            |row: &Row| Ok(PersonState { id: row.parsed("id")?, state: row.parsed("state")? });
        self.0.fetch_each(sql, [number.into()], read).await
    }
}

fn read(row: &Row) -> Result<Person, Fault> {
    let role = row.text_or_null("role")?.map(str::parse).transpose();
    Ok(Person {
        id: row.parsed("id")?,
        issuer: row.text("issuer")?.to_owned(),
        subject: row.text("subject")?.to_owned(),
        name: row.text("name")?.to_owned(),
        email: row.text_or_null("email")?.map(str::to_owned),
        role: role.map_err(Fault::corrupt)?,
        state: row.parsed("state")?,
        created_at: row.instant("created_at")?,
    })
}
