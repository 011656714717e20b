//! The body of a request on its way to the upstream, whose last bytes wait until it has verified.

use std::cell::Cell;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};

use bailiwick_domain::denial::Denial;
use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use hyper::body::Incoming;

use crate::asked::passing::Passing;

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
    pub(super) ended: Cell<Option<Result<Measured, Denial>>>,
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
    pub(super) body: B,
    pub(super) passing: Option<Passing>,
    pub(super) held: Option<Bytes>,
    pub(super) most: u64,
    pub(super) sending: Rc<Sending>,
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
