//! What is over, and deleted: a batch of one sort at a time, each a transaction of its own.
//!
//! Nothing is deleted that something else still names, and nothing whose absence would be taken
//! for more than its presence: what refuses (a token taken back, an assertion used up) has to be
//! older than all that it refuses, which is for the caller to see to.

use bailiwick_domain::time::Timestamp;
use sqlx::AssertSqlSafe;

use crate::fault::Fault;
use crate::tx::Tx;

/// A sort of things that end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Past {
    /// Authorization codes, used or not, by the end of the time that their second use is noticed.
    Codes,
    /// Petitions, by the end of the time that their clients are told what became of them.
    Petitions,
    /// Refresh tokens, by their expiry.
    RefreshTokens,
    /// Pushed authorization requests, by their expiry.
    PushedRequests,
    /// Welcome links, by their expiry or use.
    Welcomes,
    /// Other issuers' tokens that were used up, by their expiry.
    Assertions,
    /// Signals of others that were acted on, by when they would not be taken any more.
    ReceivedSignals,
    /// Access tokens that were taken back, by their expiry.
    RevokedTokens,
    /// Access tokens that were issued, by their expiry.
    IssuedTokens,
    /// Status lists that have no tokens left but the newest, by the last expiry.
    StatusLists,
    /// Grants that ended or expired, and have none below them: with their codes, petitions and
    /// refresh tokens, and what is known of where their records are. The records stay where they
    /// are.
    Grants,
    /// Sign-ins that no grant hangs on any more, by their expiry.
    Sessions,
}

impl Past {
    /// Every sort, in an order in which each finds gone what would keep it.
    pub const ALL: [Self; 12] = [
        Self::Codes,
        Self::Petitions,
        Self::RefreshTokens,
        Self::PushedRequests,
        Self::Welcomes,
        Self::Assertions,
        Self::ReceivedSignals,
        Self::RevokedTokens,
        Self::IssuedTokens,
        Self::StatusLists,
        Self::Grants,
        Self::Sessions,
    ];

    /// The table, what a row of it is known by, and which are over by the instant `$1`.
    const fn rows(self) -> (&'static str, &'static str, &'static str) {
        match self {
            Self::Codes => ("codes", "digest", "kept_until <= $1 ORDER BY kept_until"),
            Self::Petitions => ("petitions", "digest", "kept_until <= $1 ORDER BY kept_until"),
            Self::RefreshTokens => ("refresh_tokens", "digest", EXPIRED),
            Self::PushedRequests => ("pushed_requests", "digest", EXPIRED),
            Self::Welcomes => ("welcomes", "digest", "expires_at <= $1 OR used_at <= $1"),
            Self::Assertions => ("assertions", "issuer, jti", EXPIRED),
            Self::ReceivedSignals => ("received_signals", "source, id", EXPIRED),
            Self::RevokedTokens => ("revoked_tokens", "id", EXPIRED),
            Self::IssuedTokens => ("issued_tokens", "id", EXPIRED),
            Self::StatusLists => ("status_lists", "number", EMPTY_LISTS),
            Self::Grants => ("grants", "id", ENDED_GRANTS),
            Self::Sessions => ("sessions", "id", LONE_SESSIONS),
        }
    }
}

const EXPIRED: &str = "expires_at <= $1 ORDER BY expires_at";
const EMPTY_LISTS: &str = "last_expires_at <= $1 \
     AND number < (SELECT MAX(number) FROM status_lists) \
     AND NOT EXISTS (SELECT 1 FROM issued_tokens WHERE list = number)";
/// In an order, so that the same are found again until they are deleted.
const ENDED_GRANTS: &str = "(expires_at <= $1 OR ended_at <= $1) \
     AND NOT EXISTS (SELECT 1 FROM grants AS below WHERE below.parent = grants.id) ORDER BY id";
const LONE_SESSIONS: &str = "expires_at <= $1 \
     AND NOT EXISTS (SELECT 1 FROM grants WHERE grants.session = sessions.id) \
     ORDER BY expires_at";
/// The tables whose rows go with their grant.
const WITH_GRANTS: [&str; 4] = ["codes", "petitions", "refresh_tokens", "grant_uses"];

impl Tx {
    /// Deletes, of one sort, what ended at this instant or before: at most so many; how many there
    /// were. Feeds are not told: whoever follows them has dropped what ended already.
    pub async fn forget(
        &mut self,
        past: Past,
        ended_by: Timestamp,
        most: u32,
    ) -> Result<u64, Fault> {
        let (table, key, over) = past.rows();
        let found = format!("SELECT {key} FROM {table} WHERE {over} LIMIT $2");
        let with = if past == Past::Grants { &WITH_GRANTS[..] } else { &[] };
        for table in with {
            let sql = format!("DELETE FROM {table} WHERE grant_id IN ({found})");
            self.execute(AssertSqlSafe(sql), [ended_by.into(), most.into()]).await?;
        }
        let sql = format!("DELETE FROM {table} WHERE ({key}) IN ({found})");
        self.execute(AssertSqlSafe(sql), [ended_by.into(), most.into()]).await
    }
}
