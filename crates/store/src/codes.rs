//! Authorization codes, as they are kept: by their digest.

use bailiwick_domain::id::{AgentId, GrantId};
use bailiwick_domain::time::Timestamp;

use crate::encoding::encode;
use crate::fault::Fault;
use crate::row::Row;
use crate::tx::Tx;

/// How long a code is remembered, so that its second use is noticed, in seconds.
const KEPT_SECONDS: i64 = 86_400;

/// A code, and what it is bound to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Code {
    /// Its SHA-256.
    pub digest: [u8; 32],
    /// What it gives access to.
    pub grant: GrantId,
    /// The client it was made for.
    pub agent: AgentId,
    /// Where it was sent.
    pub redirect_uri: String,
    /// What its verifier hashes to (RFC 7636, section 4.2).
    pub challenge: String,
    /// The thumbprint of the DPoP key that redeems it, where the request named one (RFC 9449,
    /// section 10).
    pub dpop_key: Option<String>,
    /// Whether an ID token comes with it.
    pub openid: bool,
    /// What the ID token is to repeat.
    pub nonce: Option<String>,
    /// Whether a refresh token comes with it.
    pub offline: bool,
    /// When the person who consented had proved who they are.
    pub authenticated_at: Timestamp,
    /// When it stops being good.
    pub expires_at: Timestamp,
    /// When it was redeemed.
    pub used_at: Option<Timestamp>,
}

/// The codes, within one transaction.
pub struct Codes<'a>(&'a mut Tx);

impl Tx {
    /// The authorization codes.
    pub fn codes(&mut self) -> Codes<'_> {
        Codes(self)
    }
}

impl Codes<'_> {
    /// Adds a code.
    pub async fn insert(&mut self, code: &Code) -> Result<(), Fault> {
        let sql = "INSERT INTO codes (digest, grant_id, agent, redirect_uri, challenge, dpop_key, \
                   openid, nonce, offline, authenticated_at, expires_at, used_at, kept_until) \
                   VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)";
        let values = [
            encode(&code.digest).into(),
            code.grant.into(),
            code.agent.into(),
            code.redirect_uri.as_str().into(),
            code.challenge.as_str().into(),
            code.dpop_key.as_deref().into(),
            i64::from(code.openid).into(),
            code.nonce.as_deref().into(),
            i64::from(code.offline).into(),
            code.authenticated_at.into(),
            code.expires_at.into(),
            code.used_at.into(),
            code.expires_at.plus_seconds(KEPT_SECONDS).into(),
        ];
        self.0.execute(sql, values).await.map(drop)
    }

    /// The code with this digest, one that was used or has expired too.
    pub async fn find(&mut self, digest: &[u8; 32]) -> Result<Option<Code>, Fault> {
        let sql = "SELECT * FROM codes WHERE digest = $1";
        let row = self.0.fetch_first(sql, [encode(digest).into()]).await?;
        row.as_ref().map(|row| read(row, *digest)).transpose()
    }

    /// When a code of this grant, or of one right under it, was last redeemed, if one was.
    pub async fn last_redeemed(&mut self, grant: GrantId) -> Result<Option<Timestamp>, Fault> {
        let sql = "SELECT MAX(codes.used_at) AS last FROM codes JOIN grants \
                   ON grants.id = codes.grant_id WHERE grants.id = $1 OR grants.parent = $1";
        let row = self.0.fetch_first(sql, [grant.into()]).await?;
        row.map_or(Ok(None), |row| row.instant_or_null("last"))
    }

    /// Uses a code up; says whether it had not been used yet.
    pub async fn redeem(&mut self, digest: &[u8; 32], now: Timestamp) -> Result<bool, Fault> {
        let sql = "UPDATE codes SET used_at = $2 WHERE digest = $1 AND used_at IS NULL";
        Ok(self.0.execute(sql, [encode(digest).into(), now.into()]).await? > 0)
    }
}

fn read(row: &Row, digest: [u8; 32]) -> Result<Code, Fault> {
    Ok(Code {
        digest,
        grant: row.parsed("grant_id")?,
        agent: row.parsed("agent")?,
        redirect_uri: row.text("redirect_uri")?.to_owned(),
        challenge: row.text("challenge")?.to_owned(),
        dpop_key: row.text_or_null("dpop_key")?.map(str::to_owned),
        openid: row.int("openid")? != 0,
        nonce: row.text_or_null("nonce")?.map(str::to_owned),
        offline: row.int("offline")? != 0,
        authenticated_at: row.instant("authenticated_at")?,
        expires_at: row.instant("expires_at")?,
        used_at: row.instant_or_null("used_at")?,
    })
}
