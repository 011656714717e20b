//! Authorization requests that clients pushed (RFC 9126), as they are kept: by the digest of their
//! name.

use bailiwick_domain::time::Timestamp;

use crate::encoding::encode;
use crate::fault::Fault;
use crate::row::Row;
use crate::tx::Tx;

/// A request that was pushed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PushedRequest {
    /// SHA-256 of its name.
    pub digest: [u8; 32],
    /// Who pushed it: a client id.
    pub client: String,
    /// Its parameters, as JSON.
    pub parameters: String,
    /// When it stops being good.
    pub expires_at: Timestamp,
}

/// The pushed requests, within one transaction.
pub struct PushedRequests<'a>(&'a mut Tx);

impl Tx {
    /// The authorization requests that were pushed.
    pub fn pushed_requests(&mut self) -> PushedRequests<'_> {
        PushedRequests(self)
    }
}

impl PushedRequests<'_> {
    /// Adds one.
    pub async fn insert(&mut self, request: &PushedRequest) -> Result<(), Fault> {
        let sql = "INSERT INTO pushed_requests (digest, client, parameters, expires_at) \
                   VALUES ($1, $2, $3, $4)";
        let values = [
            encode(&request.digest).into(),
            request.client.as_str().into(),
            request.parameters.as_str().into(),
            request.expires_at.into(),
        ];
        self.0.execute(sql, values).await.map(drop)
    }

    /// The request with this digest, if nobody has decided about it and its time is not over.
    pub async fn find(
        &mut self,
        digest: &[u8; 32],
        now: Timestamp,
    ) -> Result<Option<PushedRequest>, Fault> {
        let sql = "SELECT * FROM pushed_requests \
                   WHERE digest = $1 AND decided_at IS NULL AND expires_at > $2";
        let row = self.0.fetch_first(sql, [encode(digest).into(), now.into()]).await?;
        row.as_ref().map(|row| read(row, *digest)).transpose()
    }

    /// Gives the person who was just sent here with it until an instant; only the first time.
    pub async fn see(
        &mut self,
        digest: &[u8; 32],
        now: Timestamp,
        until: Timestamp,
    ) -> Result<(), Fault> {
        let sql = "UPDATE pushed_requests SET seen_at = $2, expires_at = $3 \
                   WHERE digest = $1 AND seen_at IS NULL AND expires_at > $2";
        let values = [encode(digest).into(), now.into(), until.into()];
        self.0.execute(sql, values).await.map(drop)
    }

    /// Uses it up; says whether it could still be used.
    pub async fn decide(&mut self, digest: &[u8; 32], now: Timestamp) -> Result<bool, Fault> {
        let sql = "UPDATE pushed_requests SET decided_at = $2 \
                   WHERE digest = $1 AND decided_at IS NULL AND expires_at > $2";
        Ok(self.0.execute(sql, [encode(digest).into(), now.into()]).await? > 0)
    }
}

fn read(row: &Row, digest: [u8; 32]) -> Result<PushedRequest, Fault> {
    Ok(PushedRequest {
        digest,
        client: row.text("client")?.to_owned(),
        parameters: row.text("parameters")?.to_owned(),
        expires_at: row.instant("expires_at")?,
    })
}
