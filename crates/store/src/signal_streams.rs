//! Who is sent signals, as it is kept, and whose turn it is to send them.

use bailiwick_domain::id::AgentId;
use bailiwick_domain::signal::{Delivery, Flow, Progress, Stream, StreamId};
use bailiwick_domain::time::Timestamp;

use crate::encoding::{decode, encode};
use crate::fault::Fault;
use crate::row::{Row, Value};
use crate::tx::Tx;

/// The streams of signals, within one transaction.
pub struct SignalStreams<'a>(&'a mut Tx);

impl Tx {
    /// The streams of signals.
    pub fn signal_streams(&mut self) -> SignalStreams<'_> {
        SignalStreams(self)
    }
}

/// The right of one process to send a stream's signals, until an instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lease {
    /// The stream.
    pub stream: StreamId,
    /// Until when no other process sends.
    pub until: Timestamp,
}

impl SignalStreams<'_> {
    /// Adds a stream.
    pub async fn insert(&mut self, stream: &Stream) -> Result<(), Fault> {
        let sql = "INSERT INTO signal_streams (id, agent, digest, audience, description, endpoint, \
                   sealed_authorization, requested, flow, reason, verified_at, created_at, \
                   failures, refused, due_at, leased_until) VALUES ($1, $2, $3, $4, $5, $6, $7, \
                   $8, $9, $10, $11, $12, 0, 0, 0, 0)";
        let whose = [
            stream.id.into(),
            stream.agent.into(),
            stream.digest.as_ref().map(|digest| encode(digest)).into(),
        ];
        let values = whose.into_iter().chain(changing(stream));
        self.0.execute(sql, values.chain([stream.created_at.into()])).await.map(drop)
    }

    /// Writes what may change of a stream; says whether it exists. What was in the way of its
    /// delivery is forgotten.
    pub async fn update(&mut self, stream: &Stream) -> Result<bool, Fault> {
        let sql = "UPDATE signal_streams SET audience = $2, description = $3, endpoint = $4, \
                   sealed_authorization = $5, requested = $6, flow = $7, reason = $8, \
                   verified_at = $9, failures = 0, due_at = 0 WHERE id = $1";
        let values = [stream.id.into()].into_iter().chain(changing(stream));
        Ok(self.0.execute(sql, values).await? > 0)
    }

    /// Removes a stream and what was still to be sent; says whether there was one.
    pub async fn remove(&mut self, id: StreamId) -> Result<bool, Fault> {
        self.0.signals().forget(id).await?;
        Ok(self.0.execute("DELETE FROM signal_streams WHERE id = $1", [id.into()]).await? > 0)
    }

    /// The stream with this id.
    pub async fn find(&mut self, id: StreamId) -> Result<Option<Stream>, Fault> {
        let sql = "SELECT * FROM signal_streams WHERE id = $1";
        let row = self.0.fetch_first(sql, [id.into()]).await?;
        row.as_ref().map(read).transpose()
    }

    /// The stream whose receiver's token has this SHA-256.
    pub async fn find_by_digest(&mut self, digest: &[u8; 32]) -> Result<Option<Stream>, Fault> {
        let sql = "SELECT * FROM signal_streams WHERE digest = $1";
        let row = self.0.fetch_first(sql, [encode(digest).into()]).await?;
        row.as_ref().map(read).transpose()
    }

    /// All of them, oldest first.
    pub async fn list(&mut self) -> Result<Vec<Stream>, Fault> {
        let rows = self.0.fetch("SELECT * FROM signal_streams ORDER BY id", []).await?;
        rows.iter().map(read).collect()
    }

    /// Those that an agent made, oldest first.
    pub async fn list_of(&mut self, agent: AgentId) -> Result<Vec<Stream>, Fault> {
        let sql = "SELECT * FROM signal_streams WHERE agent = $1 ORDER BY id";
        self.0.fetch(sql, [agent.into()]).await?.iter().map(read).collect()
    }

    /// The streams to which something is to be sent now, and nobody does.
    pub async fn due(&mut self, now: Timestamp) -> Result<Vec<StreamId>, Fault> {
        let sql = "SELECT id FROM signal_streams WHERE endpoint IS NOT NULL AND flow = $2 \
                   AND due_at <= $1 AND leased_until <= $1 \
                   AND EXISTS (SELECT 1 FROM signals WHERE stream = signal_streams.id) ORDER BY id";
        let rows = self.0.fetch(sql, [now.into(), Flow::Enabled.as_str().into()]).await?;
        rows.iter().map(|row| row.parsed("id")).collect()
    }

    /// Takes the right to send; none while another process has it.
    pub async fn lease(
        &mut self,
        stream: StreamId,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<Option<Lease>, Fault> {
        let sql = "UPDATE signal_streams SET leased_until = $3 WHERE id = $1 \
                   AND leased_until <= $2 AND due_at <= $2";
        let taken = self.0.execute(sql, [stream.into(), now.into(), until.into()]).await? > 0;
        Ok(taken.then_some(Lease { stream, until }))
    }

    /// Counts a signal that the receiver of a stream says it cannot take, and why.
    pub async fn count_refused(&mut self, stream: StreamId, why: &str) -> Result<(), Fault> {
        let sql = "UPDATE signal_streams SET refused = refused + 1, last_error = $2 WHERE id = $1";
        self.0.execute(sql, [stream.into(), why.into()]).await.map(drop)
    }

    /// Gives the right back, and writes down how it went and when to go on. A lease that has passed
    /// to another process meanwhile stays there.
    pub async fn release(
        &mut self,
        lease: Lease,
        progress: &Progress,
        due_at: Timestamp,
    ) -> Result<(), Fault> {
        let sql = "UPDATE signal_streams SET leased_until = 0, failures = $3, refused = $4, \
                   last_error = $5, due_at = $6 WHERE id = $1 AND leased_until = $2";
        let values = [
            lease.stream.into(),
            lease.until.into(),
            progress.failures.into(),
            progress.refused.into(),
            progress.last_error.clone().into(),
            due_at.into(),
        ];
        self.0.execute(sql, values).await.map(drop)
    }
}

/// Audience, description, endpoint, authorization, events, state, reason and last verification.
fn changing(stream: &Stream) -> [Value; 8] {
    let (endpoint, sealed) = match &stream.delivery {
        Delivery::Push { endpoint, authorization } => {
            (Some(endpoint.as_str()), authorization.as_ref().map(|sealed| encode(sealed)))
        }
        Delivery::Poll => (None, None),
    };
    [
        stream.audience.as_str().into(),
        stream.description.as_str().into(),
        endpoint.into(),
        sealed.into(),
        stream.requested.join("\n").into(),
        stream.flow.as_str().into(),
        stream.reason.as_deref().into(),
        stream.verified_at.into(),
    ]
}

fn read(row: &Row) -> Result<Stream, Fault> {
    let digest = row.text_or_null("digest")?.map(decode).transpose()?;
    let digest = digest.map(TryInto::try_into).transpose();
    let sealed = row.text_or_null("sealed_authorization")?.map(decode).transpose()?;
    let delivery = match row.text_or_null("endpoint")? {
        Some(endpoint) => Delivery::Push { endpoint: endpoint.to_owned(), authorization: sealed },
        None => Delivery::Poll,
    };
    let count = |name| u32::try_from(row.int(name)?).map_err(Fault::corrupt);
    Ok(Stream {
        id: row.parsed("id")?,
        agent: row.parsed_or_null("agent")?,
        digest: digest.map_err(|_| Fault::corrupt("the digest of a receiver's token"))?,
        audience: row.text("audience")?.to_owned(),
        description: row.text("description")?.to_owned(),
        delivery,
        requested: row.text("requested")?.lines().map(str::to_owned).collect(),
        flow: row.parsed("flow")?,
        reason: row.text_or_null("reason")?.map(str::to_owned),
        created_at: row.instant("created_at")?,
        verified_at: row.instant_or_null("verified_at")?,
        progress: Progress {
            failures: count("failures")?,
            refused: count("refused")?,
            last_error: row.text_or_null("last_error")?.map(str::to_owned),
        },
    })
}
