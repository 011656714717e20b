//! Sending signals to receivers that want them sent (RFC 8935), to clients that a person has
//! decided what they asked, and to people elsewhere what waits for them.
//!
//! Each stream is sent in order, by one process at a time, at least once: a signal is forgotten
//! only after its receiver acknowledged it, in a transaction of its own. A receiver that does not
//! answer is tried again after a while that doubles, up to five minutes.

use std::time::Duration;

use bailiwick_domain::signal::{Delivery, Flow, Progress, Signal, Stream, StreamId};
use bailiwick_domain::time::Timestamp;
use bailiwick_fetch::{Pushed, Url};
use bailiwick_proof::json;
use bailiwick_store::signal_streams::Lease;
use http::HeaderValue;
use serde_json::Value;
use tokio::sync::oneshot;
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::{MissedTickBehavior, interval};

use crate::authority::Authority;
use crate::fault::Fault;
use crate::petitions::ping;
use crate::referrals::follow;
use crate::signals::streams::purpose;
use crate::signals::token;

/// How often a process looks for what is to be sent.
const LOOK: Duration = Duration::from_millis(200);
/// How long a process has to itself to send; a receiver is given ten seconds for each signal.
const LEASE_SECONDS: i64 = 60;
/// How long before its end nothing more is begun.
const MARGIN_SECONDS: i64 = 20;
/// How many signals are read at a time.
const BATCH: u32 = 50;
/// How long to wait after the first failure, and at most, in seconds.
const FIRST_WAIT_SECONDS: i64 = 5;
const LONGEST_WAIT_SECONDS: i64 = 300;
/// How long a signal is kept for its receiver, in seconds, and how many are.
const KEPT_SECONDS: i64 = 7 * 86_400;
const KEPT: u32 = 10_000;
/// How often what has waited too long is looked for, in seconds.
const TIDY_SECONDS: i64 = 60;
/// How much is repeated of what a receiver says.
const SAID: usize = 200;

/// Sends signals on the authority's behalf.
#[derive(Clone)]
pub struct Transmitter(Authority);

/// A transmitter at work.
#[derive(Debug)]
pub struct Transmitting {
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

/// How sending one signal went.
enum Outcome {
    /// The receiver has it.
    Taken,
    /// The receiver says that it cannot take it, and why; it would say so again.
    Refused(String),
    /// It is to be sent again later, and why.
    Failed(String),
}

impl Transmitting {
    /// Stops. What is on its way to a receiver is given up, and will be sent again.
    pub async fn stop(self) {
        let _ = self.stop.send(());
        let _ = self.task.await;
    }
}

impl Transmitter {
    /// Sends for this authority.
    pub fn new(authority: Authority) -> Self {
        Self(authority)
    }

    /// Begins to send, until it is stopped.
    pub fn start(self) -> Transmitting {
        let (stop, mut stopping) = oneshot::channel::<()>();
        let task = tokio::spawn(async move {
            let mut sending = JoinSet::new();
            let mut tidied = None;
            let mut look = interval(LOOK);
            look.set_missed_tick_behavior(MissedTickBehavior::Delay);
            loop {
                tokio::select! {
                    _ = &mut stopping => return,
                    Some(_) = sending.join_next() => continue,
                    _ = look.tick() => {}
                }
                if let Err(fault) = self.look(&mut sending, &mut tidied).await {
                    fault.log();
                }
            }
        });
        Transmitting { stop, task }
    }

    /// Sends all that is due now, once, and waits until that has ended.
    pub async fn turn(&self) -> Result<(), Fault> {
        let mut sending = JoinSet::new();
        self.look(&mut sending, &mut None).await?;
        while sending.join_next().await.is_some() {}
        Ok(())
    }

    async fn look(
        &self,
        sending: &mut JoinSet<()>,
        tidied: &mut Option<Timestamp>,
    ) -> Result<(), Fault> {
        let now = self.0.now();
        if tidied.is_none_or(|at| now >= at.plus_seconds(TIDY_SECONDS)) {
            self.tidy(now).await?;
            *tidied = Some(now);
        }
        ping::look(&self.0, sending).await?;
        follow::look(&self.0, sending).await?;
        for stream in self.0.store.read().await?.signal_streams().due(now).await? {
            let transmitter = self.clone();
            sending.spawn(async move {
                if let Err(fault) = transmitter.send(stream).await {
                    fault.log();
                }
            });
        }
        Ok(())
    }

    /// Forgets what has waited for too long, and pauses the streams it waited in: their receivers
    /// have missed something, and should know it.
    async fn tidy(&self, now: Timestamp) -> Result<(), Fault> {
        let streams = self.0.store.read().await?.signal_streams().list().await?;
        for stream in streams {
            let mut tx = self.0.store.begin().await?;
            let before = now.plus_seconds(-KEPT_SECONDS);
            let missed = tx.signals().forget_oldest(stream.id, before, KEPT).await?;
            if missed == 0 {
                continue;
            }
            tracing::error!(stream = %stream.id, missed, "signals were never taken: pausing");
            if stream.flow == Flow::Enabled {
                let reason = Some(format!("{missed} signals could not be delivered in time"));
                let paused = Stream { flow: Flow::Paused, reason, ..stream };
                tx.signal_streams().update(&paused).await?;
            }
            tx.save().await?;
        }
        Ok(())
    }

    /// Sends what waits in a stream, unless another process does.
    async fn send(&self, id: StreamId) -> Result<(), Fault> {
        let now = self.0.now();
        let mut tx = self.0.store.begin().await?;
        let until = now.plus_seconds(LEASE_SECONDS);
        let Some(lease) = tx.signal_streams().lease(id, now, until).await? else {
            return Ok(());
        };
        let stream = tx.signal_streams().find(id).await?;
        let waiting = tx.signals().waiting(id, BATCH).await?;
        tx.save().await?;
        let Some(stream) = stream.filter(|it| it.flow == Flow::Enabled) else { return Ok(()) };
        self.send_each(&stream, waiting, lease).await
    }

    async fn send_each(
        &self,
        stream: &Stream,
        waiting: Vec<Signal>,
        lease: Lease,
    ) -> Result<(), Fault> {
        let mut progress = stream.progress.clone();
        let mut due_at = Timestamp::default();
        for signal in waiting {
            if self.0.now() >= lease.until.plus_seconds(-MARGIN_SECONDS) {
                break;
            }
            match self.send_one(stream, &signal).await? {
                Outcome::Taken => progress.failures = 0,
                Outcome::Refused(why) => {
                    tracing::warn!(stream = %stream.id, signal = %signal.id, why, "not taken");
                    progress.refused = progress.refused.saturating_add(1);
                    (progress.failures, progress.last_error) = (0, Some(why));
                }
                Outcome::Failed(why) => {
                    tracing::warn!(stream = %stream.id, signal = %signal.id, why, "not delivered");
                    progress.failures = progress.failures.saturating_add(1);
                    progress.last_error = Some(why);
                    due_at = self.0.now().plus_seconds(wait_seconds(&progress));
                    break;
                }
            }
            let mut tx = self.0.store.begin().await?;
            tx.signals().settle(stream.id, signal.id).await?;
            tx.save().await?;
        }
        let mut tx = self.0.store.begin().await?;
        tx.signal_streams().release(lease, &progress, due_at).await?;
        tx.save().await?;
        Ok(())
    }

    async fn send_one(&self, stream: &Stream, signal: &Signal) -> Result<Outcome, Fault> {
        let Delivery::Push { endpoint, authorization } = &stream.delivery else {
            return Ok(Outcome::Failed("the stream is polled".to_owned()));
        };
        let url = endpoint.parse::<Url>().map_err(|_| Fault::Corrupt("a receiver's URL"))?;
        let authorization = match authorization {
            None => None,
            Some(sealed) => {
                let opened = self.0.sealer.open(sealed, &purpose(stream.id))?;
                let value = HeaderValue::from_bytes(&opened);
                Some(value.map_err(|_| Fault::Corrupt("a receiver's authorization"))?)
            }
        };
        let mut tx = self.0.store.read().await?;
        let token = token::write(&self.0, &mut tx, stream, signal).await?;
        drop(tx);
        let pushed = self.0.outside.signals.push(&url, authorization, token).await;
        Ok(pushed.map_or_else(|unsent| Outcome::Failed(unsent.to_string()), |it| read(&it)))
    }
}

/// What a receiver's answer means (RFC 8935, sections 2.2 to 2.4): only 202 acknowledges, and only
/// an error that it names is its last word.
fn read(pushed: &Pushed) -> Outcome {
    if pushed.status == 202 {
        return Outcome::Taken;
    }
    let said = if pushed.status == 400 { json::object(&pushed.body) } else { None };
    let named = |name: &str| {
        let text = said.as_ref()?.get(name).and_then(Value::as_str)?;
        Some(text.chars().filter(|it| !it.is_control()).take(SAID).collect::<String>())
    };
    match named("err") {
        Some(err) => {
            Outcome::Refused(format!("{err}: {}", named("description").unwrap_or_default()))
        }
        None => Outcome::Failed(format!("the receiver answered {}", pushed.status)),
    }
}

fn wait_seconds(progress: &Progress) -> i64 {
    let doublings = progress.failures.saturating_sub(1).min(16);
    FIRST_WAIT_SECONDS.saturating_mul(1 << doublings).min(LONGEST_WAIT_SECONDS)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(status: u16, body: &str, taken: bool, last_word: bool) {
        let outcome = read(&Pushed { status, body: body.as_bytes().to_vec() });
        let expected = (taken, last_word);
        let found = (matches!(outcome, Outcome::Taken), matches!(outcome, Outcome::Refused(_)));
        assert_eq!(found, expected, "{status} {body}");
    }

    #[test]
    fn only_202_acknowledges_and_only_a_named_error_is_the_last_word() {
        let named = r#"{"err":"invalid_audience","description":"not me"}"#;
        check(202, "", true, false);
        check(400, named, false, true);
        for (status, body) in [(200, ""), (204, ""), (400, ""), (400, "{}"), (500, named)] {
            check(status, body, false, false);
        }
    }

    #[test]
    fn the_wait_doubles_up_to_five_minutes() {
        let wait = |failures| wait_seconds(&Progress { failures, ..Progress::default() });
        assert_eq!([1, 2, 3, 7, u32::MAX].map(wait), [5, 10, 20, 300, 300]);
    }
}
