//! Refresh tokens, as they are kept: by their digest. The family of one is its grant.

use bailiwick_domain::id::{AgentId, GrantId};
use bailiwick_domain::time::Timestamp;

use crate::encoding::{decode, encode};
use crate::fault::Fault;
use crate::row::Row;
use crate::tx::Tx;

/// A refresh token, and what it is bound to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefreshToken {
    /// Its SHA-256.
    pub digest: [u8; 32],
    /// What it renews access to.
    pub grant: GrantId,
    /// The client it was made for.
    pub agent: AgentId,
    /// The thumbprint of the DPoP key it is used with, for a client that has no key of its own
    /// (RFC 9449, section 5).
    pub dpop_key: Option<String>,
    /// When it stops being good.
    pub expires_at: Timestamp,
    /// When it was first used.
    pub first_used_at: Option<Timestamp>,
    /// How often it was used.
    pub uses: u32,
    /// The SHA-256 of the token that it was got with, if it was not got with a code.
    pub parent: Option<[u8; 32]>,
}

/// The refresh tokens, within one transaction.
pub struct RefreshTokens<'a>(&'a mut Tx);

impl Tx {
    /// The refresh tokens.
    pub fn refresh_tokens(&mut self) -> RefreshTokens<'_> {
        RefreshTokens(self)
    }
}

impl RefreshTokens<'_> {
    /// Adds a token.
    pub async fn insert(&mut self, token: &RefreshToken) -> Result<(), Fault> {
        let sql = "INSERT INTO refresh_tokens (digest, grant_id, agent, dpop_key, expires_at, \
                   first_used_at, uses, parent) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
        let values = [
            encode(&token.digest).into(),
            token.grant.into(),
            token.agent.into(),
            token.dpop_key.as_deref().into(),
            token.expires_at.into(),
            token.first_used_at.into(),
            token.uses.into(),
            token.parent.as_ref().map(|parent| encode(parent)).into(),
        ];
        self.0.execute(sql, values).await.map(drop)
    }

    /// The token with this digest, one that was used too.
    pub async fn find(&mut self, digest: &[u8; 32]) -> Result<Option<RefreshToken>, Fault> {
        let sql = "SELECT * FROM refresh_tokens WHERE digest = $1";
        let row = self.0.fetch_first(sql, [encode(digest).into()]).await?;
        row.as_ref().map(|row| read(row, *digest)).transpose()
    }

    /// Whether a token that was got with this one has been used.
    pub async fn has_used_successor(&mut self, digest: &[u8; 32]) -> Result<bool, Fault> {
        let sql = "SELECT uses FROM refresh_tokens WHERE parent = $1 AND uses > 0 LIMIT 1";
        Ok(self.0.fetch_first(sql, [encode(digest).into()]).await?.is_some())
    }

    /// Counts one use.
    pub async fn count_use(&mut self, digest: &[u8; 32], now: Timestamp) -> Result<(), Fault> {
        let sql = "UPDATE refresh_tokens SET uses = uses + 1, \
                   first_used_at = COALESCE(first_used_at, $2) WHERE digest = $1";
        self.0.execute(sql, [encode(digest).into(), now.into()]).await.map(drop)
    }

    /// When a token of this grant, or of one right under it, was last used, if one was.
    pub async fn last_used(&mut self, grant: GrantId) -> Result<Option<Timestamp>, Fault> {
        let sql = "SELECT MAX(refresh_tokens.first_used_at) AS last FROM refresh_tokens \
                   JOIN grants ON grants.id = refresh_tokens.grant_id \
                   WHERE grants.id = $1 OR grants.parent = $1";
        let row = self.0.fetch_first(sql, [grant.into()]).await?;
        row.map_or(Ok(None), |row| row.instant_or_null("last"))
    }
}

fn read(row: &Row, digest: [u8; 32]) -> Result<RefreshToken, Fault> {
    Ok(RefreshToken {
        digest,
        grant: row.parsed("grant_id")?,
        agent: row.parsed("agent")?,
        dpop_key: row.text_or_null("dpop_key")?.map(str::to_owned),
        expires_at: row.instant("expires_at")?,
        first_used_at: row.instant_or_null("first_used_at")?,
        uses: row.int("uses")?.try_into().map_err(Fault::corrupt)?,
        parent: row.text_or_null("parent")?.map(digest_of).transpose()?,
    })
}

fn digest_of(text: &str) -> Result<[u8; 32], Fault> {
    decode(text)?.try_into().map_err(|_| Fault::corrupt("a refresh token's digest"))
}
