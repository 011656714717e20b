//! Streams: who is sent signals, how, and about what.

use std::collections::BTreeSet;

use bailiwick_domain::agent::Agent;
use bailiwick_domain::denial::{Denial, Exhausted};
use bailiwick_domain::signal::{Delivery, Flow, Progress, Stream, StreamId};
use bailiwick_fetch::Url;
use bailiwick_proof::opaque::{self, Opens};
use http::HeaderValue;
use zeroize::Zeroizing;

use crate::authority::Authority;
use crate::refusal::Refusal;
use crate::text;

/// The most streams of one installation, and of one agent.
const STREAMS: usize = 64;
const STREAMS_OF_AGENT: usize = 4;
/// The most events that are asked for, and how long each is.
const REQUESTED: usize = 32;
const URI_BYTES: usize = 256;
/// The longest `Authorization` to send along, and the longest audience.
const AUTHORIZATION_BYTES: usize = 4_096;
const AUDIENCE_BYTES: usize = 1_024;
/// The longest `state` of a verification.
const STATE_BYTES: usize = 1_024;
/// How many seconds lie between two verifications of a stream at least.
pub(crate) const VERIFICATION_SECONDS: u32 = 10;

/// Where signals are to go, as it was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Asked {
    /// To this URL, with this `Authorization`, if any.
    Push(String, Option<String>),
    /// Nowhere: the receiver asks.
    Poll,
}

/// What a receiver may say about its stream.
#[derive(Debug, Clone, Default)]
pub(crate) struct Wish {
    /// How signals reach it.
    pub(crate) delivery: Option<Asked>,
    /// Which events, by their URIs.
    pub(crate) requested: Option<Vec<String>>,
    /// What the stream is for.
    pub(crate) description: Option<String>,
}

/// What a stream's authorization is sealed for: that stream alone.
pub(crate) fn purpose(id: StreamId) -> String {
    format!("signal-stream:{id}")
}

/// Makes a stream for whoever has the token, which is returned here and nowhere else.
pub(crate) async fn add(
    authority: &Authority,
    audience: String,
    wish: Wish,
) -> Result<(Stream, Zeroizing<String>), Refusal> {
    if audience.is_empty() || audience.len() > AUDIENCE_BYTES {
        return Err(Refusal::Malformed("`audience` has 1 to 1024 bytes".to_owned()));
    }
    let (token, digest) = opaque::fresh(Opens::Signals, &authority.entropy);
    let stream = Stream { digest: Some(digest), ..begun(authority, audience) };
    let stream = apply(authority, stream, wish)?;
    insert(authority, &stream).await?;
    Ok((stream, token))
}

/// Makes a stream for an agent.
pub(crate) async fn add_for(
    authority: &Authority,
    agent: &Agent,
    wish: Wish,
) -> Result<Stream, Refusal> {
    let audience = agent.subject(&authority.settings.trust_domain);
    let stream = Stream { agent: Some(agent.id), ..begun(authority, audience) };
    let stream = apply(authority, stream, wish)?;
    insert(authority, &stream).await?;
    Ok(stream)
}

fn begun(authority: &Authority, audience: String) -> Stream {
    Stream {
        id: StreamId::fresh(authority.now(), &authority.entropy),
        agent: None,
        digest: None,
        audience,
        description: String::new(),
        delivery: Delivery::Poll,
        requested: Vec::new(),
        flow: Flow::Enabled,
        reason: None,
        created_at: authority.now(),
        verified_at: None,
        progress: Progress::default(),
    }
}

async fn insert(authority: &Authority, stream: &Stream) -> Result<(), Refusal> {
    let mut tx = authority.store.begin().await?;
    let of_agent = match stream.agent {
        Some(agent) => tx.signal_streams().list_of(agent).await?.len(),
        None => 0,
    };
    if of_agent >= STREAMS_OF_AGENT || tx.signal_streams().list().await?.len() >= STREAMS {
        return Err(Refusal::StateImpossible("there are as many streams as may be".to_owned()));
    }
    tx.signal_streams().insert(stream).await?;
    tx.save().await?;
    Ok(())
}

/// Changes a stream as its receiver wishes; what it does not speak of stays.
pub(crate) async fn change(
    authority: &Authority,
    id: StreamId,
    wish: Wish,
) -> Result<Stream, Refusal> {
    let mut tx = authority.store.begin().await?;
    let stream = tx.signal_streams().find(id).await?.ok_or(Refusal::NotFound("stream"))?;
    let stream = apply(authority, stream, wish)?;
    tx.signal_streams().update(&stream).await?;
    tx.save().await?;
    Ok(stream)
}

/// Removes a stream, and what was still to be sent. The stream as it was.
pub(crate) async fn remove(authority: &Authority, id: StreamId) -> Result<Stream, Refusal> {
    let mut tx = authority.store.begin().await?;
    let stream = tx.signal_streams().find(id).await?.ok_or(Refusal::NotFound("stream"))?;
    tx.signal_streams().remove(id).await?;
    tx.save().await?;
    Ok(stream)
}

/// Lets signals flow, holds them back, or ends them. What was kept for a stream that is disabled is
/// forgotten.
pub(crate) async fn set_flow(
    authority: &Authority,
    id: StreamId,
    flow: Flow,
    reason: Option<String>,
) -> Result<Stream, Refusal> {
    let reason = reason.map(text::description).transpose()?;
    let mut tx = authority.store.begin().await?;
    let stream = tx.signal_streams().find(id).await?.ok_or(Refusal::NotFound("stream"))?;
    let stream = Stream { flow, reason, ..stream };
    tx.signal_streams().update(&stream).await?;
    if flow == Flow::Disabled {
        tx.signals().forget(id).await?;
    }
    tx.save().await?;
    Ok(stream)
}

/// Sends a sign of life down the stream, with the text that the receiver gave, if any.
pub(crate) async fn verify(
    authority: &Authority,
    id: StreamId,
    state: Option<String>,
) -> Result<(), Refusal> {
    if state.as_ref().is_some_and(|state| state.len() > STATE_BYTES) {
        return Err(Refusal::Malformed("`state` has at most 1024 bytes".to_owned()));
    }
    let now = authority.now();
    let mut tx = authority.store.begin().await?;
    let stream = tx.signal_streams().find(id).await?.ok_or(Refusal::NotFound("stream"))?;
    let next = stream.verified_at.map(|at| at.plus_seconds(VERIFICATION_SECONDS.into()));
    if next.is_some_and(|next| now < next) {
        let retry_after_seconds = VERIFICATION_SECONDS.into();
        let (quota, window_seconds) = (1, VERIFICATION_SECONDS);
        let policy = "verification";
        let exhausted = Exhausted { policy, quota, window_seconds, retry_after_seconds };
        return Err(Denial::RateLimited(exhausted).into());
    }
    let stream = Stream { verified_at: Some(now), ..stream };
    tx.signal_streams().update(&stream).await?;
    if stream.flow != Flow::Disabled {
        tx.signals().verify(&stream, state, now).await?;
    }
    tx.save().await?;
    Ok(())
}

fn apply(authority: &Authority, mut stream: Stream, wish: Wish) -> Result<Stream, Refusal> {
    if let Some(asked) = wish.delivery {
        stream.delivery = deliver(authority, stream.id, asked)?;
    }
    if let Some(requested) = wish.requested {
        stream.requested = check_requested(requested)?;
    }
    if let Some(description) = wish.description {
        stream.description = text::description(description)?;
    }
    Ok(stream)
}

/// Whether the URL may be asked at all is held when it is: a name may lead elsewhere by then.
fn deliver(authority: &Authority, id: StreamId, asked: Asked) -> Result<Delivery, Refusal> {
    let Asked::Push(endpoint, authorization) = asked else { return Ok(Delivery::Poll) };
    let url = endpoint.parse::<Url>();
    let url = url.map_err(|error| Refusal::Malformed(format!("`endpoint_url`: {error}")))?;
    let authorization = authorization.map(Zeroizing::new);
    let sealed = match authorization {
        None => None,
        Some(text) => {
            if text.len() > AUTHORIZATION_BYTES || HeaderValue::from_str(&text).is_err() {
                let why = "`authorization_header` is no value of a header, or over 4096 bytes";
                return Err(Refusal::Malformed(why.to_owned()));
            }
            let sealed = authority.sealer.seal(text.as_bytes(), &purpose(id), &authority.entropy);
            Some(sealed.map_err(crate::fault::Fault::from)?)
        }
    };
    Ok(Delivery::Push { endpoint: url.to_string(), authorization: sealed })
}

fn check_requested(requested: Vec<String>) -> Result<Vec<String>, Refusal> {
    let fits = |uri: &String| {
        (1..=URI_BYTES).contains(&uri.len()) && uri.bytes().all(|byte| byte.is_ascii_graphic())
    };
    let distinct: BTreeSet<String> = requested.into_iter().collect();
    if distinct.is_empty() || distinct.len() > REQUESTED || !distinct.iter().all(fits) {
        let why = "`events_requested` has 1 to 32 URIs of at most 256 bytes";
        return Err(Refusal::Malformed(why.to_owned()));
    }
    Ok(distinct.into_iter().collect())
}
