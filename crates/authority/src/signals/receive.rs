//! Signals of others: held to what they may say, and acted on once.

use std::str;

use bailiwick_domain::signal::{Cause, Initiator, Kind};
use bailiwick_fetch::NoKey;
use bailiwick_proof::jwt::{ClaimedEvent, EventExpectation, NotAnEvent, SecurityEvent};
use bailiwick_store::Tx;
use serde_json::{Map, Value};

use crate::authority::Authority;
use crate::fault::Fault;
use crate::govern::effect;
use crate::signals::reach;
use crate::signals::source::SignalSource;

/// How long ago a token may have been issued, in seconds: whoever sends it may have been kept from
/// it for a while.
const MAX_AGE_SECONDS: u32 = 86_400;
/// How many seconds a source's clock may be ahead.
const SKEW_SECONDS: u32 = 60;

/// Why a token is not taken in.
#[derive(Debug)]
pub(crate) enum Untaken {
    /// It will not be, however often it is sent.
    Refused(NotAnEvent),
    /// It could not be checked; to be sent again.
    Unavailable,
    /// Ours.
    Faulted(Fault),
}

impl<F: Into<Fault>> From<F> for Untaken {
    fn from(fault: F) -> Self {
        Self::Faulted(fault.into())
    }
}

/// Takes a token in. One that was taken before is taken again and does nothing.
pub(crate) async fn take(authority: &Authority, body: &[u8]) -> Result<(), Untaken> {
    let (source, event) = verify(authority, body).await?;
    let now = authority.now();
    let mut tx = authority.store.begin().await?;
    let until = now.plus_seconds(i64::from(MAX_AGE_SECONDS + SKEW_SECONDS));
    let once = (source.issuer.as_str(), event.id());
    if !tx.received_signals().remember(once, until).await? {
        tracing::info!(source = source.issuer, signal = event.id(), "a signal came again");
        return Ok(());
    }
    let reason = format!("a signal of {}", source.issuer);
    tx.because(Cause { initiator: Initiator::Policy, reason });
    for (uri, said) in event.events() {
        act(authority, &mut tx, (source, &event), (uri, said)).await?;
    }
    effect::save(tx).await?;
    Ok(())
}

async fn verify<'a>(
    authority: &'a Authority,
    body: &[u8],
) -> Result<(&'a SignalSource, SecurityEvent), Untaken> {
    let refuse = Untaken::Refused;
    let token = str::from_utf8(body)
        .map_err(|_| refuse(NotAnEvent::Malformed("the body is not a token")))?;
    let claimed = ClaimedEvent::read(token).map_err(refuse)?;
    let sources = &authority.settings.signal_sources;
    let source = sources.iter().find(|source| source.issuer == claimed.issuer);
    let source = source.ok_or(refuse(NotAnEvent::Issuer))?;
    let signals = &authority.outside.signals;
    let keys = signals.key(&source.issuer, source.jwks_uri.as_ref(), &claimed.kid).await;
    let keys = keys.map_err(|missing| match missing {
        NoKey::Unknown | NoKey::Untimely => {
            refuse(NotAnEvent::Key("the issuer publishes no such key"))
        }
        NoKey::Unfetched(why) => {
            tracing::warn!(source = source.issuer, %why, "no keys of a source of signals");
            Untaken::Unavailable
        }
    })?;
    let expected = EventExpectation {
        issuer: &source.issuer,
        audience: &source.audience,
        now: authority.now(),
        skew_seconds: SKEW_SECONDS,
        max_age_seconds: MAX_AGE_SECONDS,
    };
    let event = SecurityEvent::verify(token, &keys, &expected).map_err(refuse)?;
    Ok((source, event))
}

/// Acts on one event. Ended are sign-ins of people, and with them what hangs on them; and of
/// agents, where they stand or fall with the source, the credential if it is no more, or else what
/// is a session of theirs here: the tokens that the credential has got so far, and what was
/// exchanged from them (CAEP 1.0, section 3.1). The agent may come again with a credential that
/// holds.
async fn act(
    authority: &Authority,
    tx: &mut Tx,
    (source, event): (&SignalSource, &SecurityEvent),
    (uri, said): (&str, &Value),
) -> Result<(), Fault> {
    let Some(kind) = Kind::of(uri).filter(|kind| ends(*kind, said.as_object())) else {
        tracing::info!(source = source.issuer, signal = event.id(), uri, "nothing ends by it");
        return Ok(());
    };
    let reach = reach::find(tx, source, event.subject()).await?;
    let (mut sign_ins, mut credentials, mut tokens) = (0, 0, 0);
    for person in &reach.people {
        sign_ins += tx.sessions().end_all(*person, authority.now()).await?;
    }
    for key in &reach.keys {
        match kind {
            Kind::CredentialChange => {
                tx.keys().revoke_line(*key, authority.now()).await?;
                credentials += 1;
            }
            Kind::SessionRevoked => {
                tokens += tx.revoked_tokens().insert_issued_by(*key, authority.now()).await?;
            }
        }
    }
    let (source, signal) = (&source.issuer, event.id());
    tracing::info!(source, signal, uri, sign_ins, credentials, tokens, "acted on a signal");
    Ok(())
}

/// Whether a credential is said to be no more; that a sign-in is needs no more words.
fn ends(kind: Kind, said: Option<&Map<String, Value>>) -> bool {
    let change = said.and_then(|said| said.get("change_type")).and_then(Value::as_str);
    match kind {
        Kind::SessionRevoked => true,
        Kind::CredentialChange => matches!(change, Some("revoke" | "delete")),
    }
}
