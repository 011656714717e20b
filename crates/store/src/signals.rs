//! Signals on their way to receivers: written in the transaction in which they came about, so that
//! none is lost and none is told of what never happened; kept until the receiver has them.

use bailiwick_domain::signal::{Cause, Happening, Signal, SignalId, Stream, StreamId};
use bailiwick_domain::time::Timestamp;

use crate::fault::Fault;
use crate::row::{Row, Value};
use crate::tx::Tx;

/// The signals on their way, within one transaction.
pub struct Signals<'a>(&'a mut Tx);

impl Tx {
    /// The signals on their way.
    pub fn signals(&mut self) -> Signals<'_> {
        Signals(self)
    }

    /// Says why what follows in this transaction happens: receivers of signals are told.
    pub fn because(&mut self, cause: Cause) {
        self.cause = Some(cause);
    }
}

impl Signals<'_> {
    /// Keeps a signal for each stream that takes what happened.
    pub(crate) async fn tell(&mut self, happening: &Happening, at: Timestamp) -> Result<(), Fault> {
        let Some(kind) = happening.kind() else { return Ok(()) };
        let streams = self.0.signal_streams().list().await?;
        for stream in streams.iter().filter(|stream| stream.takes(kind)) {
            self.keep(stream, happening, at).await?;
        }
        Ok(())
    }

    /// Keeps a verification for one stream (SSF 1.0, section 8.1.4).
    pub async fn verify(
        &mut self,
        stream: &Stream,
        state: Option<String>,
        at: Timestamp,
    ) -> Result<(), Fault> {
        self.keep(stream, &Happening::Verification(state), at).await
    }

    async fn keep(
        &mut self,
        stream: &Stream,
        happening: &Happening,
        at: Timestamp,
    ) -> Result<(), Fault> {
        let act = self.0.number().await?;
        let sql = "UPDATE signal_counter SET place = place + 1 WHERE id = 1 RETURNING place";
        let row = self.0.fetch_first(sql, []).await?;
        let place = row.ok_or_else(|| Fault::corrupt("no signal counter"))?.int("place")?;
        let id = SignalId::at(at, place.unsigned_abs().into());
        let cause = self.0.cause.clone();
        let sql = "INSERT INTO signals (id, place, stream, act, at, kind, agent, person, session, \
                   key, detail, change, initiator, reason) VALUES ($1, $2, $3, $4, $5, $6, $7, \
                   $8, $9, $10, $11, $12, $13, $14)";
        let [kind, agent, person, session, key, detail, change] = columns(happening);
        let values = [
            id.into(),
            place.into(),
            stream.id.into(),
            act.into(),
            at.into(),
            kind,
            agent,
            person,
            session,
            key,
            detail,
            change,
            cause.as_ref().map(|it| it.initiator.as_str()).into(),
            cause.map(|it| it.reason).into(),
        ];
        self.0.execute(sql, values).await.map(drop)
    }

    /// The signals that wait for a receiver, oldest first: at most so many.
    pub async fn waiting(&mut self, stream: StreamId, most: u32) -> Result<Vec<Signal>, Fault> {
        let sql = "SELECT * FROM signals WHERE stream = $1 ORDER BY place LIMIT $2";
        self.0.fetch(sql, [stream.into(), most.into()]).await?.iter().map(read).collect()
    }

    /// Forgets a signal that the receiver has; says whether it was still kept for that stream.
    pub async fn settle(&mut self, stream: StreamId, id: SignalId) -> Result<bool, Fault> {
        let sql = "DELETE FROM signals WHERE id = $1 AND stream = $2";
        Ok(self.0.execute(sql, [id.into(), stream.into()]).await? > 0)
    }

    /// Forgets every signal of a stream.
    pub async fn forget(&mut self, stream: StreamId) -> Result<u64, Fault> {
        self.0.execute("DELETE FROM signals WHERE stream = $1", [stream.into()]).await
    }

    /// Forgets what waits for longer than since an instant, and of what is left the oldest but so
    /// many; how many there were.
    pub async fn forget_oldest(
        &mut self,
        stream: StreamId,
        before: Timestamp,
        most: u32,
    ) -> Result<u64, Fault> {
        let sql = "DELETE FROM signals WHERE stream = $1 AND at < $2";
        let old = self.0.execute(sql, [stream.into(), before.into()]).await?;
        let sql = "DELETE FROM signals WHERE stream = $1 AND place <= (SELECT place FROM signals \
                   WHERE stream = $1 ORDER BY place DESC LIMIT 1 OFFSET $2)";
        Ok(old + self.0.execute(sql, [stream.into(), most.into()]).await?)
    }
}

const STOPPED: &str = "agent-stopped";
const SIGNED_OUT: &str = "signed-out";
const CREDENTIAL: &str = "credential";
const VERIFICATION: &str = "verification";

/// Kind, agent, person, session, key, detail and change.
fn columns(happening: &Happening) -> [Value; 7] {
    let mut columns = [const { Value::NoText }; 7];
    let [kind, agent, person, session, key, detail, change] = &mut columns;
    match happening {
        Happening::AgentStopped(id) => {
            *kind = STOPPED.into();
            *agent = (*id).into();
        }
        Happening::SignedOut(id, of) => {
            *kind = SIGNED_OUT.into();
            *person = (*id).into();
            *session = (*of).into();
        }
        Happening::Credential(whose, id, what, how) => {
            *kind = CREDENTIAL.into();
            *agent = (*whose).into();
            *key = (*id).into();
            *detail = what.as_str().into();
            *change = how.as_str().into();
        }
        Happening::Verification(state) => {
            *kind = VERIFICATION.into();
            *detail = state.clone().into();
        }
    }
    columns
}

fn read(row: &Row) -> Result<Signal, Fault> {
    let initiator = row.text_or_null("initiator")?.map(str::parse).transpose();
    let initiator = initiator.map_err(Fault::corrupt)?;
    let reason = row.text_or_null("reason")?.map(str::to_owned);
    Ok(Signal {
        id: row.parsed("id")?,
        stream: row.parsed("stream")?,
        transaction: row.int("act")?,
        happening: read_happening(row)?,
        at: row.instant("at")?,
        cause: initiator.zip(reason).map(|(initiator, reason)| Cause { initiator, reason }),
    })
}

fn read_happening(row: &Row) -> Result<Happening, Fault> {
    Ok(match row.text("kind")? {
        STOPPED => Happening::AgentStopped(row.parsed("agent")?),
        SIGNED_OUT => Happening::SignedOut(row.parsed("person")?, row.parsed_or_null("session")?),
        CREDENTIAL => {
            let kind = row.text("detail")?.to_owned();
            let (agent, key) = (row.parsed("agent")?, row.parsed("key")?);
            Happening::Credential(agent, key, kind, row.parsed("change")?)
        }
        VERIFICATION => Happening::Verification(row.text_or_null("detail")?.map(str::to_owned)),
        _ => return Err(Fault::corrupt("what a signal tells")),
    })
}
