//! Signals of others that have been taken in, so that none acts twice.

use bailiwick_domain::time::Timestamp;

use crate::fault::Fault;
use crate::tx::Tx;

/// The signals taken in, within one transaction.
pub struct ReceivedSignals<'a>(&'a mut Tx);

impl Tx {
    /// The signals of others that have been taken in.
    pub fn received_signals(&mut self) -> ReceivedSignals<'_> {
        ReceivedSignals(self)
    }
}

impl ReceivedSignals<'_> {
    /// Remembers a signal of a source until an instant, after which it would not be taken any more;
    /// says whether it is the first time.
    pub async fn remember(
        &mut self,
        (source, id): (&str, &str),
        until: Timestamp,
    ) -> Result<bool, Fault> {
        let sql = "INSERT INTO received_signals (source, id, expires_at) VALUES ($1, $2, $3) \
                   ON CONFLICT (source, id) DO NOTHING";
        Ok(self.0.execute(sql, [source.into(), id.into(), until.into()]).await? > 0)
    }
}
