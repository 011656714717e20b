//! Signals for receivers that ask for them (RFC 8936).

use std::time::Duration;

use bailiwick_domain::signal::{Flow, SignalId, Stream, StreamId};
use tokio::time::{Instant, sleep};

use crate::authority::Authority;
use crate::fault::Fault;
use crate::signals::token;

/// The most signals in one answer.
pub(crate) const MOST: u32 = 100;
/// The longest that a receiver is kept waiting for a signal.
const LONGEST: Duration = Duration::from_secs(30);
/// How often the store is asked meanwhile.
const LOOK: Duration = Duration::from_millis(250);

/// What a receiver asks.
#[derive(Debug)]
pub(crate) struct Asked {
    /// How many signals it takes; none for one that only acknowledges.
    pub(crate) most: u32,
    /// Whether it wants an answer at once, also an empty one.
    pub(crate) immediately: bool,
    /// Those it has.
    pub(crate) taken: Vec<SignalId>,
    /// Those it cannot take, and why.
    pub(crate) refused: Vec<(SignalId, String)>,
}

/// What it is answered.
#[derive(Debug, Default)]
pub(crate) struct Polled {
    /// The tokens, by their `jti`.
    pub(crate) tokens: Vec<(SignalId, String)>,
    /// Whether there are more.
    pub(crate) more: bool,
}

/// Forgets what the receiver has or cannot take, and answers with what waits; an empty answer comes
/// after half a minute at the latest.
pub(crate) async fn answer(
    authority: &Authority,
    stream: &Stream,
    asked: Asked,
) -> Result<Polled, Fault> {
    settle(authority, stream.id, &asked).await?;
    if asked.most == 0 {
        return Ok(Polled::default());
    }
    let found = look(authority, stream.id, asked.most).await?;
    let turn = authority.polling().try_acquire();
    if asked.immediately || !found.tokens.is_empty() || turn.is_err() {
        return Ok(found);
    }
    let end = Instant::now() + LONGEST;
    while Instant::now() < end {
        sleep(LOOK).await;
        let found = look(authority, stream.id, asked.most).await?;
        if !found.tokens.is_empty() {
            return Ok(found);
        }
    }
    Ok(Polled::default())
}

async fn settle(authority: &Authority, stream: StreamId, asked: &Asked) -> Result<(), Fault> {
    if asked.taken.is_empty() && asked.refused.is_empty() {
        return Ok(());
    }
    let mut tx = authority.store.begin().await?;
    for id in &asked.taken {
        tx.signals().settle(stream, *id).await?;
    }
    for (id, why) in &asked.refused {
        if tx.signals().settle(stream, *id).await? {
            tracing::warn!(%stream, signal = %id, why, "not taken");
            tx.signal_streams().count_refused(stream, why).await?;
        }
    }
    tx.save().await?;
    Ok(())
}

async fn look(authority: &Authority, id: StreamId, most: u32) -> Result<Polled, Fault> {
    let mut tx = authority.store.read().await?;
    let stream = tx.signal_streams().find(id).await?.filter(|it| it.flow == Flow::Enabled);
    let Some(stream) = stream else { return Ok(Polled::default()) };
    let waiting = tx.signals().waiting(id, most.saturating_add(1)).await?;
    let most = usize::try_from(most).unwrap_or(usize::MAX);
    let mut polled = Polled { tokens: Vec::new(), more: waiting.len() > most };
    for signal in waiting.iter().take(most) {
        let token = token::write(authority, &mut tx, &stream, signal).await?;
        polled.tokens.push((signal.id, token));
    }
    Ok(polled)
}
