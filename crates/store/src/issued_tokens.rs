//! The access tokens that were issued, each at its place in a status list
//! (draft-ietf-oauth-status-list).

use bailiwick_domain::id::{AgentId, GrantId, KeyId, TokenId};
use bailiwick_domain::time::Timestamp;

use crate::fault::Fault;
use crate::tx::Tx;

/// How many places a list has. Half of them are used: a place drawn at random is then free at
/// least every other time.
pub const PLACES: u32 = 1 << 17;
/// How often a place is drawn before that is taken for a fault.
const DRAWS: u32 = 128;

/// A token, and what it ends with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IssuedToken {
    /// Its `jti`.
    pub id: TokenId,
    /// The agent it was issued to.
    pub agent: AgentId,
    /// The credential it ends with, if one.
    pub key: Option<KeyId>,
    /// The grant it ends with, if one.
    pub under: Option<GrantId>,
    /// When it expires.
    pub expires_at: Timestamp,
}

/// Where a token's status is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// In which list.
    pub list: u32,
    /// At which place of it, from 0.
    pub place: u32,
}

/// The issued tokens, within one transaction.
pub struct IssuedTokens<'a>(&'a mut Tx);

impl Tx {
    /// The access tokens that were issued.
    pub fn issued_tokens(&mut self) -> IssuedTokens<'_> {
        IssuedTokens(self)
    }
}

impl IssuedTokens<'_> {
    /// Adds a token at a free place of the newest list; `draw` makes numbers nobody can foresee.
    /// When a list is full another is begun.
    pub async fn insert(
        &mut self,
        token: &IssuedToken,
        mut draw: impl FnMut() -> u32,
    ) -> Result<Place, Fault> {
        let list = self.take_turn(token.expires_at).await?;
        for _ in 0..DRAWS {
            let place = draw() % PLACES;
            let sql = "INSERT INTO issued_tokens (id, list, place, agent, key, under, expires_at) \
                       VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (list, place) DO NOTHING";
            let values = [
                token.id.into(),
                list.into(),
                place.into(),
                token.agent.into(),
                token.key.into(),
                token.under.into(),
                token.expires_at.into(),
            ];
            if self.0.execute(sql, values).await? > 0 {
                return Ok(Place { list, place });
            }
        }
        Err(Fault::corrupt("a status list has no free place"))
    }

    /// The newest list that is not half full, with one token more in it.
    async fn take_turn(&mut self, expires_at: Timestamp) -> Result<u32, Fault> {
        let half = i64::from(PLACES / 2);
        let sql = "UPDATE status_lists SET issued = issued + 1, last_expires_at = \
                   CASE WHEN last_expires_at < $1 THEN $1 ELSE last_expires_at END \
                   WHERE number = (SELECT MAX(number) FROM status_lists) AND issued < $2 \
                   RETURNING number";
        if let Some(row) = self.0.fetch_first(sql, [expires_at.into(), half.into()]).await? {
            return row.int("number")?.try_into().map_err(Fault::corrupt);
        }
        let sql = "INSERT INTO status_lists (number, issued, last_expires_at) \
                   SELECT COALESCE(MAX(number), 0) + 1, 1, CAST($1 AS BIGINT) FROM status_lists \
                   RETURNING number";
        let row = self.0.fetch_first(sql, [expires_at.into()]).await?;
        let row = row.ok_or_else(|| Fault::corrupt("no status list"))?;
        row.int("number")?.try_into().map_err(Fault::corrupt)
    }

    /// Whether there is such a list, with a token in it that has not expired.
    pub async fn is_list(&mut self, list: u32, now: Timestamp) -> Result<bool, Fault> {
        let sql = "SELECT number FROM status_lists WHERE number = $1 AND last_expires_at > $2";
        Ok(self.0.fetch_first(sql, [list.into(), now.into()]).await?.is_some())
    }

    /// The places of those tokens of a list that are good for nothing although they have not
    /// expired: taken back, or hanging on a credential, an agent or a grant that has ended, or on
    /// anything that the grant hangs on.
    pub async fn ended(&mut self, list: u32, now: Timestamp) -> Result<Vec<u32>, Fault> {
        let sql = "WITH RECURSIVE \
            gone_keys (id) AS (SELECT keys.id FROM keys JOIN agents ON agents.id = keys.agent \
                WHERE keys.state <> 'active' OR keys.expires_at <= $2 \
                OR agents.state <> 'active'), \
            gone_grants (id) AS (\
                SELECT grants.id FROM grants \
                LEFT JOIN agents ON agents.id = grants.agent \
                LEFT JOIN sessions ON sessions.id = grants.session \
                LEFT JOIN people ON people.id = grants.person \
                WHERE grants.ended_at IS NOT NULL OR grants.expires_at <= $2 \
                OR agents.state <> 'active' \
                OR sessions.ended_at IS NOT NULL OR sessions.expires_at <= $2 \
                OR people.state <> 'active' \
                OR grants.key IN (SELECT id FROM gone_keys) \
                OR grants.token IN (SELECT id FROM revoked_tokens) \
                UNION SELECT grants.id FROM grants \
                JOIN gone_grants ON grants.parent = gone_grants.id) \
            SELECT place FROM issued_tokens JOIN agents ON agents.id = issued_tokens.agent \
            WHERE list = $1 AND issued_tokens.expires_at > $2 AND (agents.state <> 'active' \
                OR issued_tokens.id IN (SELECT id FROM revoked_tokens) \
                OR issued_tokens.key IN (SELECT id FROM gone_keys) \
                OR issued_tokens.under IN (SELECT id FROM gone_grants)) ORDER BY place";
        let rows = self.0.fetch(sql, [list.into(), now.into()]).await?;
        rows.iter().map(|row| row.int("place")?.try_into().map_err(Fault::corrupt)).collect()
    }
}
