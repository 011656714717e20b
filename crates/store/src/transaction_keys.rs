//! The keys by which gateways sign what they tell APIs of a request, as they are kept: the public
//! part only, until nothing that was signed with it can be valid any more.

use bailiwick_domain::time::Timestamp;

use crate::fault::Fault;
use crate::row::Row;
use crate::tx::Tx;

/// The most keys that are listed: more than gateways can start in a day and be of use.
const MOST: i64 = 1_000;

/// The public part of a gateway's key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TransactionKey {
    /// Its RFC 7638 thumbprint; a token's `kid`.
    pub id: String,
    /// The public key as a JWK.
    pub jwk: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// When nothing that was signed with it is valid any more.
    pub expires_at: Timestamp,
}

/// The gateways' keys, within one transaction.
pub struct TransactionKeys<'a>(&'a mut Tx);

impl Tx {
    /// The keys by which gateways sign.
    pub fn transaction_keys(&mut self) -> TransactionKeys<'_> {
        TransactionKeys(self)
    }
}

impl TransactionKeys<'_> {
    /// Adds a key, and forgets those that have expired by when it was made.
    pub async fn insert(&mut self, key: &TransactionKey) -> Result<(), Fault> {
        let sql = "DELETE FROM transaction_keys WHERE expires_at <= $1";
        self.0.execute(sql, [key.created_at.into()]).await?;
        let sql = "INSERT INTO transaction_keys (id, public_jwk, created_at, expires_at) \
                   VALUES ($1, $2, $3, $4)";
        let values = [
            key.id.as_str().into(),
            key.jwk.as_str().into(),
            key.created_at.into(),
            key.expires_at.into(),
        ];
        self.0.execute(sql, values).await.map(drop)
    }

    /// The keys that count at this instant, the newest first.
    pub async fn list(&mut self, now: Timestamp) -> Result<Vec<TransactionKey>, Fault> {
        let sql = "SELECT * FROM transaction_keys WHERE expires_at > $1 \
                   ORDER BY created_at DESC, id LIMIT $2";
        self.0.fetch(sql, [now.into(), MOST.into()]).await?.iter().map(read).collect()
    }
}

fn read(row: &Row) -> Result<TransactionKey, Fault> {
    Ok(TransactionKey {
        id: row.text("id")?.to_owned(),
        jwk: row.text("public_jwk")?.to_owned(),
        created_at: row.instant("created_at")?,
        expires_at: row.instant("expires_at")?,
    })
}
