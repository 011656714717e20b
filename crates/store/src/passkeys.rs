//! People's passkeys, as they are kept.

use bailiwick_domain::id::{PasskeyId, PersonId};
use bailiwick_domain::passkey::Passkey;
use bailiwick_domain::time::Timestamp;

use crate::encoding::{decode, encode};
use crate::fault::Fault;
use crate::row::Row;
use crate::tx::Tx;

/// The passkeys, within one transaction.
pub struct Passkeys<'a>(&'a mut Tx);

impl Tx {
    /// The passkeys.
    pub fn passkeys(&mut self) -> Passkeys<'_> {
        Passkeys(self)
    }
}

impl Passkeys<'_> {
    /// Adds a passkey; a conflict when its credential is somebody's already.
    pub async fn insert(&mut self, passkey: &Passkey) -> Result<(), Fault> {
        let sql = "INSERT INTO passkeys (id, person, credential_id, public_key, sign_count, \
                   created_at, last_used_at) VALUES ($1, $2, $3, $4, $5, $6, $7)";
        let values = [
            passkey.id.into(),
            passkey.person.into(),
            encode(&passkey.credential_id).into(),
            encode(&passkey.public_key).into(),
            passkey.sign_count.into(),
            passkey.created_at.into(),
            passkey.last_used_at.into(),
        ];
        self.0.execute(sql, values).await.map_err(|it| it.about("the passkey"))?;
        Ok(())
    }

    /// The passkey that its authenticator calls so.
    pub async fn find_credential(&mut self, id: &[u8]) -> Result<Option<Passkey>, Fault> {
        let sql = "SELECT * FROM passkeys WHERE credential_id = $1";
        let row = self.0.fetch_first(sql, [encode(id).into()]).await?;
        row.as_ref().map(read).transpose()
    }

    /// A person's passkeys, oldest first.
    pub async fn list(&mut self, person: PersonId) -> Result<Vec<Passkey>, Fault> {
        let sql = "SELECT * FROM passkeys WHERE person = $1 ORDER BY id";
        let rows = self.0.fetch(sql, [person.into()]).await?;
        rows.iter().map(read).collect()
    }

    /// Remembers that a passkey was used, and how often it has signed.
    pub async fn touch(&mut self, id: PasskeyId, count: u32, at: Timestamp) -> Result<(), Fault> {
        let sql = "UPDATE passkeys SET sign_count = $2, last_used_at = $3 WHERE id = $1";
        self.0.execute(sql, [id.into(), count.into(), at.into()]).await.map(drop)
    }

    /// Removes a passkey of this person; says whether they had it.
    pub async fn remove(&mut self, id: PasskeyId, person: PersonId) -> Result<bool, Fault> {
        let sql = "DELETE FROM passkeys WHERE id = $1 AND person = $2";
        Ok(self.0.execute(sql, [id.into(), person.into()]).await? > 0)
    }
}

fn read(row: &Row) -> Result<Passkey, Fault> {
    Ok(Passkey {
        id: row.parsed("id")?,
        person: row.parsed("person")?,
        credential_id: decode(row.text("credential_id")?)?,
        public_key: decode(row.text("public_key")?)?,
        sign_count: row.int("sign_count")?.try_into().map_err(Fault::corrupt)?,
        created_at: row.instant("created_at")?,
        last_used_at: row.instant_or_null("last_used_at")?,
    })
}
