//! The body of an answer on its way to the caller. When it has ended, however it ends, the record
//! is closed and the connection goes back to the pool.

use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};

use bailiwick_contract::masker::Unmaskable;
use bailiwick_domain::decision::Outcome;
use bailiwick_domain::denial::Denial;
use bailiwick_ledger::entry::Body as Recorded;
use bailiwick_proof::digest::Hashing;
use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use hyper::body::Incoming;

use super::masking::Masking;
use super::pool::Connection;
use crate::asked::payload::Sending;
use crate::check::record::{Ended, Receipt};
use crate::core::Core;
use crate::speak::events::Unreadable;
use crate::speak::relay::Relay;

/// The body of an answer.
pub struct Answer(Kind);

enum Kind {
    Whole(Option<Bytes>),
    Relayed(Box<Relayed>),
}

/// An upstream's body, streamed frame by frame and never buffered.
struct Relayed {
    body: Incoming,
    masking: Option<Masking>,
    relay: Option<Box<Relay>>,
    bytes: u64,
    hashing: Option<Hashing>,
    exchange: Option<Exchange>,
}

/// Why the body of an answer ends before its end.
#[derive(Debug, thiserror::Error)]
pub enum Broken {
    /// The upstream broke off.
    #[error(transparent)]
    Upstream(#[from] hyper::Error),
    /// What it sent is not what can be masked.
    #[error(transparent)]
    Unmaskable(#[from] Unmaskable),
    /// What it tells is not what can be cut to what the caller may know.
    #[error(transparent)]
    Unreadable(#[from] Unreadable),
}

/// What is to be settled when an exchange with an upstream is over.
pub struct Exchange {
    /// The open record.
    pub receipt: Receipt,
    /// The status that was sent.
    pub status: u16,
    /// How the request's body ended.
    pub sent: Rc<Sending>,
    /// The core it ran on.
    pub core: Rc<Core>,
    /// Which upstream.
    pub place: usize,
    /// The connection to give back.
    pub connection: Connection,
}

impl Answer {
    /// A body in memory.
    pub fn whole(bytes: Bytes) -> Self {
        Self(Kind::Whole(Some(bytes).filter(|bytes| !bytes.is_empty())))
    }

    /// The body, where all of it is in memory; nothing of one that is yet to come.
    pub fn into_bytes(self) -> Bytes {
        match self.0 {
            Kind::Whole(bytes) => bytes.unwrap_or_default(),
            Kind::Relayed(_) => Bytes::new(),
        }
    }

    /// An upstream's body, what of it is masked or cut, and what to settle when it has ended.
    pub fn relayed(
        body: Incoming,
        (masking, relay): (Option<Masking>, Option<Relay>),
        exchange: Exchange,
    ) -> Self {
        let hashing = exchange.receipt.is_open().then(|| Hashing::new(None));
        let (relay, exchange) = (relay.map(Box::new), Some(exchange));
        let mut relayed = Relayed { body, masking, relay, bytes: 0, hashing, exchange };
        relayed.settle_if_over();
        Self(Kind::Relayed(Box::new(relayed)))
    }
}

impl Relayed {
    fn settle_if_over(&mut self) {
        if self.body.is_end_stream() {
            self.settle(true);
        }
    }

    /// A frame as it goes on, counted; at the end of what is masked, whether it was whole.
    fn take(&mut self, frame: Option<Frame<Bytes>>) -> Result<Option<Frame<Bytes>>, Broken> {
        let frame = match (&mut self.masking, &mut self.relay) {
            (Some(masking), _) => masking.take(frame, self.body.is_end_stream())?,
            (None, Some(relay)) => relay.take(frame, self.body.is_end_stream())?,
            (None, None) => frame,
        };
        if let Some(data) = frame.as_ref().and_then(Frame::data_ref) {
            self.count(data);
        }
        Ok(frame)
    }

    fn count(&mut self, data: &[u8]) {
        let length = u64::try_from(data.len()).unwrap_or(u64::MAX);
        self.bytes = self.bytes.saturating_add(length);
        if let Some(hashing) = &mut self.hashing {
            hashing.update(data);
        }
    }

    /// Whether other bytes may go on than come.
    fn is_rewritten(&self) -> bool {
        self.masking.is_some() || self.relay.as_ref().is_some_and(|relay| relay.alters())
    }

    /// What is said while the upstream says nothing.
    fn poll_silence(&mut self, cx: &mut Context<'_>) -> Poll<Frame<Bytes>> {
        let Some(relay) = &mut self.relay else { return Poll::Pending };
        let said = ready!(relay.poll_silence(cx));
        self.count(&said);
        Poll::Ready(Frame::data(said))
    }

    fn settle(&mut self, whole: bool) {
        let Some(exchange) = self.exchange.take() else { return };
        let Exchange { mut receipt, status, sent, core, place, connection } = exchange;
        let seen = self.masking.as_ref().map(Masking::seen);
        if let Some(seen) = seen.or_else(|| self.relay.as_ref()?.seen()) {
            receipt.label(seen);
        }
        let digest = self.hashing.take().and_then(|hashing| hashing.finish().ok());
        let response = Recorded { bytes: self.bytes, digest };
        let (outcome, code, request) = match (sent.take_end(), whole) {
            (Some(Err(denial)), _) => (Outcome::Denied, Some(denial.code()), None),
            (sent, false) => {
                (Outcome::Failed, Some(Denial::UpstreamFailed.code()), sent.and_then(Result::ok))
            }
            (sent, true) => (Outcome::Allowed, None, sent.and_then(Result::ok)),
        };
        let (status, response) = (Some(status), Some(response));
        receipt.close(Ended { outcome, code, status, request, response });
        if whole {
            core.pool.put(place, connection);
        }
    }
}

impl Body for Answer {
    type Data = Bytes;
    type Error = Broken;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Broken>>> {
        let relayed = match &mut self.0 {
            Kind::Whole(bytes) => return Poll::Ready(bytes.take().map(|it| Ok(Frame::data(it)))),
            Kind::Relayed(relayed) => relayed,
        };
        loop {
            let Poll::Ready(frame) = Pin::new(&mut relayed.body).poll_frame(cx) else {
                return relayed.poll_silence(cx).map(|said| Some(Ok(said)));
            };
            let frame = frame.transpose().map_err(Broken::from);
            let taken = frame.and_then(|frame| relayed.take(frame));
            match taken {
                // Of a value that is masked, a frame may leave nothing.
                Ok(Some(frame)) if frame.data_ref().is_some_and(Bytes::is_empty) => {}
                Ok(Some(frame)) => {
                    relayed.settle_if_over();
                    return Poll::Ready(Some(Ok(frame)));
                }
                Ok(None) => {
                    relayed.settle(true);
                    return Poll::Ready(None);
                }
                Err(broken) => {
                    relayed.settle(false);
                    return Poll::Ready(Some(Err(broken)));
                }
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        match &self.0 {
            Kind::Whole(bytes) => bytes.is_none(),
            Kind::Relayed(relayed) => relayed.body.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.0 {
            Kind::Whole(bytes) => {
                let size = bytes.as_ref().map_or(0, Bytes::len);
                SizeHint::with_exact(u64::try_from(size).unwrap_or(u64::MAX))
            }
            Kind::Relayed(relayed) if relayed.is_rewritten() => SizeHint::default(),
            Kind::Relayed(relayed) => relayed.body.size_hint(),
        }
    }
}
