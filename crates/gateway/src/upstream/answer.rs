//! The body of an answer on its way to the caller. When it has ended, however it ends, the record
//! is closed and the connection goes back to the pool.

use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};

use bailiwick_domain::decision::Outcome;
use bailiwick_domain::denial::Denial;
use bailiwick_ledger::entry::Body as Recorded;
use bailiwick_proof::digest::Hashing;
use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use hyper::body::Incoming;

use super::pool::Connection;
use crate::asked::payload::Sending;
use crate::check::record::{Ended, Receipt};
use crate::core::Core;

/// The body of an answer.
pub struct Answer(Kind);

enum Kind {
    Whole(Option<Bytes>),
    Relayed(Box<Relayed>),
}

/// An upstream's body, streamed frame by frame and never buffered.
struct Relayed {
    body: Incoming,
    bytes: u64,
    hashing: Option<Hashing>,
    exchange: Option<Exchange>,
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

    /// An upstream's body, and what to settle when it has ended.
    pub fn relayed(body: Incoming, exchange: Exchange) -> Self {
        let hashing = exchange.receipt.is_open().then(|| Hashing::new(None));
        let mut relayed = Relayed { body, bytes: 0, hashing, exchange: Some(exchange) };
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

    fn settle(&mut self, whole: bool) {
        let Some(exchange) = self.exchange.take() else { return };
        let Exchange { mut receipt, status, sent, core, place, connection } = exchange;
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
    type Error = hyper::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        let relayed = match &mut self.0 {
            Kind::Whole(bytes) => return Poll::Ready(bytes.take().map(|it| Ok(Frame::data(it)))),
            Kind::Relayed(relayed) => relayed,
        };
        match ready!(Pin::new(&mut relayed.body).poll_frame(cx)) {
            Some(Ok(frame)) => {
                if let Some(data) = frame.data_ref() {
                    let length = u64::try_from(data.len()).unwrap_or(u64::MAX);
                    relayed.bytes = relayed.bytes.saturating_add(length);
                    if let Some(hashing) = &mut relayed.hashing {
                        hashing.update(data);
                    }
                }
                relayed.settle_if_over();
                Poll::Ready(Some(Ok(frame)))
            }
            Some(Err(error)) => {
                relayed.settle(false);
                Poll::Ready(Some(Err(error)))
            }
            None => {
                relayed.settle(true);
                Poll::Ready(None)
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
            Kind::Relayed(relayed) => relayed.body.size_hint(),
        }
    }
}
