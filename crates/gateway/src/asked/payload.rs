//! The body of a request. A small one is read and checked before anything else happens; a large one
//! streams, its last bytes held back until its digest has verified.

mod outgoing;

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use bailiwick_domain::denial::Denial;
use bailiwick_proof::digest::Hashing;
use bytes::Bytes;
use http_body::Body;
use http_body_util::BodyExt;
use hyper::body::Incoming;

pub use self::outgoing::{Broken, Measured, Outgoing, Sending, Withheld};
use super::passing::Passing;
use crate::settings::Bounds;

/// A body that declares at most this many bytes is read whole before it is forwarded.
pub const WHOLE_BYTES: u64 = 64 * 1024;

/// The most of a body that is held in memory for a check that reads it.
pub const HELD_BYTES: u64 = 1024 * 1024;

/// The body of a request, on its way from unread to forwarded.
pub struct Payload {
    state: RefCell<State>,
    empty: bool,
    declared: Option<u64>,
}

/// Where a body is found.
#[derive(Debug)]
pub enum Source {
    /// It arrives with the request.
    Arriving(Incoming),
    /// It came whole with what a proxy says of the request; empty when there is none.
    InHand(Bytes),
    /// There may be one, and it passes where the gateway does not see it.
    Unseen,
}

enum State {
    Unread(Incoming),
    InHand(Bytes),
    Unseen,
    Whole(Bytes, [u8; 32]),
    Replaced(Bytes, Measured),
    Streaming(Incoming, Box<Passing>),
    #[cfg(feature = "constant-permit")]
    Passing(Incoming),
    Taken,
}

impl Payload {
    /// A body that has not been read. One that declares more than the limit is refused unread.
    pub fn new(source: Source, bounds: &Bounds) -> Result<Self, Denial> {
        let (state, empty, declared) = match source {
            Source::Arriving(body) => {
                let (empty, declared) = (body.is_end_stream(), body.size_hint().exact());
                (State::Unread(body), empty, declared)
            }
            Source::InHand(bytes) => {
                let (empty, declared) = (bytes.is_empty(), u64::try_from(bytes.len()).ok());
                (State::InHand(bytes), empty, declared)
            }
            Source::Unseen => (State::Unseen, false, None),
        };
        if declared.is_some_and(|bytes| bytes > bounds.max_body_bytes) {
            return Err(Denial::BodyTooLarge { limit_bytes: bounds.max_body_bytes });
        }
        Ok(Self { state: RefCell::new(state), empty, declared })
    }

    /// Whether there is no body at all.
    pub fn is_empty(&self) -> bool {
        self.empty
    }

    /// Whether nothing of it can still be on its way.
    pub fn has_arrived(&self) -> bool {
        self.empty || matches!(&*self.state.borrow(), State::Whole(..) | State::InHand(_))
    }

    /// Reads a small body and checks its digest; arranges for a large one to be checked on its way.
    /// One that passes unseen is let pass where nothing was promised of it.
    pub async fn settle(&self, mut passing: Passing, patience: Duration) -> Result<(), Denial> {
        let mut body = match self.state.replace(State::Taken) {
            State::Unread(body) => body,
            State::InHand(bytes) => {
                passing.update(&bytes);
                let digest = passing.finish()?;
                self.state.replace(State::Whole(bytes, digest));
                return Ok(());
            }
            State::Unseen => {
                self.state.replace(State::Unseen);
                return if passing.promises() { Err(UNSEEN) } else { Ok(()) };
            }
            _ => return Err(Denial::Unavailable),
        };
        if self.declared.is_none_or(|bytes| bytes > WHOLE_BYTES) {
            self.state.replace(State::Streaming(body, Box::new(passing)));
            return Ok(());
        }
        let whole = gather(&mut body, patience, |bytes| passing.update(bytes)).await?;
        let digest = passing.finish()?;
        self.state.replace(State::Whole(whole, digest));
        Ok(())
    }

    /// The whole body, once its digest has verified; for checks that read it. One that would still
    /// stream is read now, as far as [`HELD_BYTES`].
    pub async fn hold(&self, patience: Duration) -> Result<Bytes, Denial> {
        let (mut body, mut passing) = match self.state.replace(State::Taken) {
            State::Whole(bytes, digest) => {
                self.state.replace(State::Whole(bytes.clone(), digest));
                return Ok(bytes);
            }
            State::Streaming(body, passing) => (body, passing),
            State::Unseen => {
                self.state.replace(State::Unseen);
                return Err(UNSEEN);
            }
            _ => return Err(Denial::Unavailable),
        };
        let whole = gather(&mut body, patience, |bytes| passing.update(bytes)).await?;
        let digest = passing.finish()?;
        self.state.replace(State::Whole(whole.clone(), digest));
        Ok(whole)
    }

    /// Whether the body can still be sent whole; one that was not read yet then goes as it comes,
    /// held against nothing.
    pub fn forgo_checks(&self) -> bool {
        let state = match self.state.replace(State::Taken) {
            State::Unread(body) => {
                State::Streaming(body, Box::new(Passing::new(Hashing::new(None), None)))
            }
            other => other,
        };
        let is_whole = !matches!(state, State::Taken);
        self.state.replace(state);
        is_whole
    }

    /// Lets the body through as it comes.
    #[cfg(feature = "constant-permit")]
    pub(crate) fn pass(&self) {
        if let State::Unread(body) = self.state.replace(State::Taken) {
            self.state.replace(State::Passing(body));
        }
    }

    /// Size and digest of a body that was read whole.
    pub fn measured(&self) -> Option<Measured> {
        match &*self.state.borrow() {
            State::Whole(bytes, digest) => {
                Some(Measured { bytes: u64::try_from(bytes.len()).ok()?, digest: *digest })
            }
            State::Replaced(_, measured) => Some(*measured),
            _ => None,
        }
    }

    /// Has other bytes go on in place of a body that was read whole. What is recorded of it is what
    /// came.
    pub fn replace(&self, bytes: Bytes) {
        let state = match self.state.replace(State::Taken) {
            State::Whole(came, digest) => {
                let came = u64::try_from(came.len()).unwrap_or(u64::MAX);
                State::Replaced(bytes, Measured { bytes: came, digest })
            }
            other => other,
        };
        self.state.replace(state);
    }

    /// The body to forward, and where its progress will be told. A body that was never settled is
    /// not forwarded.
    pub fn into_outgoing(self, bounds: &Bounds) -> Result<(Outgoing, Rc<Sending>), Denial> {
        let sending = Rc::new(Sending::default());
        let outgoing = match self.state.into_inner() {
            State::Whole(bytes, digest) => {
                let size = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
                sending.ended.set(Some(Ok(Measured { bytes: size, digest })));
                Outgoing::Whole(Some(bytes).filter(|bytes| !bytes.is_empty()))
            }
            State::Replaced(bytes, measured) => {
                sending.ended.set(Some(Ok(measured)));
                Outgoing::Whole(Some(bytes).filter(|bytes| !bytes.is_empty()))
            }
            State::Streaming(body, passing) => Outgoing::Withheld(Box::new(Withheld {
                body,
                passing: Some(*passing),
                held: None,
                most: bounds.max_body_bytes,
                sending: Rc::clone(&sending),
            })),
            #[cfg(feature = "constant-permit")]
            State::Passing(body) => Outgoing::Passing(body),
            State::Unread(_) | State::InHand(_) | State::Unseen | State::Taken => {
                return Err(Denial::Unavailable);
            }
        };
        Ok((outgoing, sending))
    }
}

const TOO_SLOW: Denial = Denial::RequestMalformed("the body did not arrive in time");

const UNSEEN: Denial = Denial::NotInLine("the body did not come along");

/// Reads until the end, showing each piece, and refuses what takes too long or is more than may be
/// held, declared or not.
pub(crate) async fn gather(
    body: &mut Incoming,
    patience: Duration,
    show: impl FnMut(&[u8]),
) -> Result<Bytes, Denial> {
    tokio::time::timeout(patience, read(body, show)).await.map_err(|_| TOO_SLOW)?
}

async fn read(body: &mut Incoming, mut show: impl FnMut(&[u8])) -> Result<Bytes, Denial> {
    let too_large = Denial::BodyTooLarge { limit_bytes: HELD_BYTES };
    if body.size_hint().lower() > HELD_BYTES {
        return Err(too_large);
    }
    let mut first: Option<Bytes> = None;
    let mut more: Vec<u8> = Vec::new();
    let mut left = HELD_BYTES;
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|_| Denial::RequestMalformed("the body broke off"))?;
        let Ok(data) = frame.into_data() else { continue };
        let length = u64::try_from(data.len()).unwrap_or(u64::MAX);
        left = left.checked_sub(length).ok_or_else(|| too_large.clone())?;
        show(&data);
        match &first {
            None => first = Some(data),
            Some(start) => {
                if more.is_empty() {
                    more.extend_from_slice(start);
                }
                more.extend_from_slice(&data);
            }
        }
    }
    Ok(if more.is_empty() { first.unwrap_or_default() } else { more.into() })
}

#[cfg(test)]
mod tests;
