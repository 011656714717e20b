//! The body of a request. A small one is read and checked before anything else happens; a large one
//! streams, its last bytes held back until its digest has verified.

use std::cell::{Cell, RefCell};
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bailiwick_domain::denial::Denial;
use bailiwick_proof::digest::Hashing;
use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use http_body_util::BodyExt;
use hyper::body::Incoming;

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
    Streaming(Incoming, Box<Passing>),
    #[cfg(feature = "constant-permit")]
    Passing(Incoming),
    Taken,
}

/// What the ledger says of a body: its size and SHA-256.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Measured {
    /// How many bytes.
    pub bytes: u64,
    /// SHA-256 of all of them.
    pub digest: [u8; 32],
}

/// How far a body has been forwarded, and how it ended.
#[derive(Default)]
pub struct Sending {
    passed: Cell<u64>,
    ended: Cell<Option<Result<Measured, Denial>>>,
}

impl Sending {
    /// How many bytes have gone on.
    pub fn passed(&self) -> u64 {
        self.passed.get()
    }

    /// Says how many bytes have gone on.
    pub(crate) fn pass(&self, bytes: u64) {
        self.passed.set(bytes);
    }

    /// How the body ended; nothing until it has, or once this was asked.
    pub fn take_end(&self) -> Option<Result<Measured, Denial>> {
        self.ended.take()
    }
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
            _ => None,
        }
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

/// A request body as it goes to the upstream.
pub enum Outgoing {
    /// In memory and verified; nothing when empty.
    Whole(Option<Bytes>),
    /// Streaming, the last frame held back until the digest has verified.
    Withheld(Box<Withheld<Incoming>>),
    /// As it comes, for a constant permit.
    #[cfg(feature = "constant-permit")]
    Passing(Incoming),
}

impl Body for Outgoing {
    type Data = Bytes;
    type Error = Broken;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Broken>>> {
        match &mut *self {
            Self::Whole(bytes) => Poll::Ready(bytes.take().map(|bytes| Ok(Frame::data(bytes)))),
            Self::Withheld(body) => Pin::new(&mut **body).poll_frame(cx),
            #[cfg(feature = "constant-permit")]
            Self::Passing(body) => Pin::new(body).poll_frame(cx).map_err(|_| Broken),
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Whole(bytes) => bytes.is_none(),
            Self::Withheld(_) => false,
            #[cfg(feature = "constant-permit")]
            Self::Passing(body) => body.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Whole(bytes) => {
                let size = bytes.as_ref().map_or(0, Bytes::len);
                SizeHint::with_exact(u64::try_from(size).unwrap_or(u64::MAX))
            }
            Self::Withheld(body) => body.size_hint(),
            #[cfg(feature = "constant-permit")]
            Self::Passing(body) => body.size_hint(),
        }
    }
}

/// Why a body ends without its last bytes: the upstream never sees a complete request.
#[derive(Debug, thiserror::Error)]
#[error("the request body did not verify")]
pub struct Broken;

/// A body whose newest frame is kept until the next one arrives, and whose last one is kept until
/// the digest over all of them has verified (RFC 9530, section 2).
pub struct Withheld<B> {
    body: B,
    passing: Option<Passing>,
    held: Option<Bytes>,
    most: u64,
    sending: Rc<Sending>,
}

impl<B: Body<Data = Bytes> + Unpin> Withheld<B> {
    fn end(&mut self, ended: Result<Measured, Denial>) -> Result<(), Broken> {
        let whole = ended.is_ok();
        self.sending.ended.set(Some(ended));
        if whole { Ok(()) } else { Err(Broken) }
    }

    fn finish(&mut self) -> Result<Option<Bytes>, Broken> {
        let Some(passing) = self.passing.take() else { return Ok(None) };
        let bytes = self.sending.passed();
        let measured = passing.finish().map(|digest| Measured { bytes, digest });
        self.end(measured)?;
        Ok(self.held.take())
    }

    fn take_in(&mut self, data: Bytes) -> Result<Option<Bytes>, Broken> {
        let length = u64::try_from(data.len()).unwrap_or(u64::MAX);
        let passed = self.sending.passed().saturating_add(length);
        self.sending.pass(passed);
        if passed > self.most {
            return self.end(Err(Denial::BodyTooLarge { limit_bytes: self.most })).map(|()| None);
        }
        if let Some(passing) = &mut self.passing {
            passing.update(&data);
        }
        Ok(self.held.replace(data))
    }
}

impl<B: Body<Data = Bytes> + Unpin> Body for Withheld<B> {
    type Data = Bytes;
    type Error = Broken;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Broken>>> {
        loop {
            let ready = match ready!(Pin::new(&mut self.body).poll_frame(cx)) {
                Some(Ok(frame)) => match frame.into_data() {
                    Ok(data) if !data.is_empty() => self.take_in(data),
                    _ => continue,
                },
                Some(Err(_)) => {
                    self.end(Err(Denial::RequestMalformed("the body broke off"))).map(|()| None)
                }
                None => {
                    let last = self.finish();
                    return Poll::Ready(last.map(|last| last.map(Frame::data)).transpose());
                }
            };
            match ready {
                Ok(Some(data)) => return Poll::Ready(Some(Ok(Frame::data(data)))),
                Ok(None) => {}
                Err(broken) => return Poll::Ready(Some(Err(broken))),
            }
        }
    }

    fn size_hint(&self) -> SizeHint {
        let held = self.held.as_ref().map_or(0, Bytes::len);
        let held = u64::try_from(held).unwrap_or(u64::MAX);
        match self.body.size_hint().exact() {
            Some(left) => SizeHint::with_exact(left.saturating_add(held)),
            None => SizeHint::default(),
        }
    }
}

#[cfg(test)]
mod tests;
