//! People's sign-ins, as they are kept: by the digest of the cookie that carries them.

use bailiwick_domain::id::{PersonId, SessionId};
use bailiwick_domain::person::Session;
use bailiwick_domain::signal::Happening;
use bailiwick_domain::time::Timestamp;

use crate::encoding::{decode, encode};
use crate::fault::Fault;
use crate::row::Row;
use crate::tx::Tx;

/// The sign-ins, within one transaction.
pub struct Sessions<'a>(&'a mut Tx);

impl Tx {
    /// The sign-ins.
    pub fn sessions(&mut self) -> Sessions<'_> {
        Sessions(self)
    }
}

impl Sessions<'_> {
    /// Adds a sign-in.
    pub async fn insert(&mut self, session: &Session) -> Result<(), Fault> {
        let number = self.0.number().await?;
        let sql = "INSERT INTO sessions (id, person, digest, authenticated_at, last_seen_at, \
                   expires_at, ended_at, changed) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
        let values = [
            session.id.into(),
            session.person.into(),
            encode(&session.digest).into(),
            session.authenticated_at.into(),
            session.last_seen_at.into(),
            session.expires_at.into(),
            session.ended_at.into(),
            number.into(),
        ];
        self.0.execute(sql, values).await.map_err(|it| it.about("the sign-in"))?;
        Ok(())
    }

    /// The sign-in with this id.
    pub async fn find(&mut self, id: SessionId) -> Result<Option<Session>, Fault> {
        let row = self.0.fetch_first("SELECT * FROM sessions WHERE id = $1", [id.into()]).await?;
        row.as_ref().map(read).transpose()
    }

    /// The sign-in whose cookie has this SHA-256.
    pub async fn find_by_digest(&mut self, digest: &[u8; 32]) -> Result<Option<Session>, Fault> {
        let sql = "SELECT * FROM sessions WHERE digest = $1";
        let row = self.0.fetch_first(sql, [encode(digest).into()]).await?;
        row.as_ref().map(read).transpose()
    }

    /// Remembers that a sign-in was used. An earlier instant is passed over; feeds are not told.
    pub async fn touch(&mut self, id: SessionId, at: Timestamp) -> Result<(), Fault> {
        let sql = "UPDATE sessions SET last_seen_at = $2 WHERE id = $1 AND last_seen_at < $2";
        self.0.execute(sql, [id.into(), at.into()]).await.map(drop)
    }

    /// Ends a sign-in; says whether it had not ended yet. Receivers of signals will be told.
    pub async fn end(&mut self, id: SessionId, at: Timestamp) -> Result<bool, Fault> {
        let number = self.0.number().await?;
        let sql = "UPDATE sessions SET ended_at = $2, changed = $3 \
                   WHERE id = $1 AND ended_at IS NULL RETURNING person";
        let values = [id.into(), at.into(), number.into()];
        let Some(row) = self.0.fetch_first(sql, values).await? else { return Ok(false) };
        let happening = Happening::SignedOut(row.parsed("person")?, Some(id));
        self.0.signals().tell(&happening, at).await?;
        Ok(true)
    }

    /// Ends every sign-in of a person; how many there were. Receivers of signals will be told, if
    /// there was one.
    pub async fn end_all(&mut self, person: PersonId, at: Timestamp) -> Result<u64, Fault> {
        let number = self.0.number().await?;
        let sql = "UPDATE sessions SET ended_at = $2, changed = $3 \
                   WHERE person = $1 AND ended_at IS NULL";
        let ended = self.0.execute(sql, [person.into(), at.into(), number.into()]).await?;
        if ended > 0 {
            self.0.signals().tell(&Happening::SignedOut(person, None), at).await?;
        }
        Ok(ended)
    }

    /// The sign-ins that are live at this instant.
    pub(crate) async fn live(&mut self, now: Timestamp) -> Result<Vec<Session>, Fault> {
        let sql = "SELECT * FROM sessions WHERE ended_at IS NULL AND expires_at > $1";
        self.0.fetch_each(sql, [now.into()], read).await
    }

    /// The sign-ins written by transactions after this number, those that have ended too.
    pub(crate) async fn changed_since(&mut self, number: i64) -> Result<Vec<Session>, Fault> {
        let sql = "SELECT * FROM sessions WHERE changed > $1";
        self.0.fetch_each(sql, [number.into()], read).await
    }
}

fn read(row: &Row) -> Result<Session, Fault> {
    let digest = decode(row.text("digest")?)?.try_into();
    Ok(Session {
        id: row.parsed("id")?,
        person: row.parsed("person")?,
        digest: digest.map_err(|_| Fault::corrupt("a sign-in's digest"))?,
        authenticated_at: row.instant("authenticated_at")?,
        last_seen_at: row.instant("last_seen_at")?,
        expires_at: row.instant("expires_at")?,
        ended_at: row.instant_or_null("ended_at")?,
    })
}
