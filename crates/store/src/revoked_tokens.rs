//! Access tokens that were taken back before they expired.

use bailiwick_domain::id::{KeyId, TokenId};
use bailiwick_domain::time::Timestamp;

use crate::fault::Fault;
use crate::row::Row;
use crate::tx::Tx;

/// A token that is good for nothing any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RevokedToken {
    /// Its `jti`.
    pub id: TokenId,
    /// When it expires: nobody needs to remember it for longer.
    pub expires_at: Timestamp,
}

/// The revoked tokens, within one transaction.
pub struct RevokedTokens<'a>(&'a mut Tx);

impl Tx {
    /// The tokens that were taken back.
    pub fn revoked_tokens(&mut self) -> RevokedTokens<'_> {
        RevokedTokens(self)
    }
}

impl RevokedTokens<'_> {
    /// Takes a token back; once more changes nothing.
    pub async fn insert(&mut self, token: RevokedToken) -> Result<(), Fault> {
        if self.contains(token.id).await? {
            return Ok(());
        }
        let number = self.0.number().await?;
        let sql = "INSERT INTO revoked_tokens (id, expires_at, changed) VALUES ($1, $2, $3)";
        self.0.execute(sql, [token.id.into(), token.expires_at.into(), number.into()]).await?;
        Ok(())
    }

    /// Takes back every token that was issued to this credential and has not expired; how many that
    /// were not taken back before.
    pub async fn insert_issued_by(&mut self, key: KeyId, now: Timestamp) -> Result<u64, Fault> {
        let number = self.0.number().await?;
        let sql = "INSERT INTO revoked_tokens (id, expires_at, changed) \
                   SELECT id, expires_at, CAST($3 AS BIGINT) FROM issued_tokens \
                   WHERE key = $1 AND expires_at > $2 ON CONFLICT (id) DO NOTHING";
        self.0.execute(sql, [key.into(), now.into(), number.into()]).await
    }

    /// Whether the token was taken back.
    pub async fn contains(&mut self, id: TokenId) -> Result<bool, Fault> {
        let sql = "SELECT id FROM revoked_tokens WHERE id = $1";
        Ok(self.0.fetch_first(sql, [id.into()]).await?.is_some())
    }

    /// Those taken back by transactions after this number.
    pub(crate) async fn changed_since(&mut self, number: i64) -> Result<Vec<RevokedToken>, Fault> {
        let sql = "SELECT * FROM revoked_tokens WHERE changed > $1";
        self.0.fetch_each(sql, [number.into()], read).await
    }
}

fn read(row: &Row) -> Result<RevokedToken, Fault> {
    Ok(RevokedToken { id: row.parsed("id")?, expires_at: row.instant("expires_at")? })
}
