//! An answer of the protocol's on its way to the client: cut where it tells of what is offered,
//! and kept alive where it is a stream that has nothing to say for a while.

use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use http::header::{CONTENT_ENCODING, CONTENT_TYPE};
use http::response::Parts;
use http::{HeaderMap, HeaderValue};
use http_body::Frame;
use tokio::time::{Instant, Sleep, sleep_until};

use super::events::{Events, MAX_EVENT_BYTES, Unreadable};
use super::listing::Listing;
use crate::upstream::altered;

/// How long a stream may be silent. Proxies on the way close what is idle for a minute, or half.
const SILENCE: Duration = Duration::from_secs(15);
/// A comment (WHATWG HTML, section 9.2.6): a line that says nothing, and ends no event.
const COMMENT: &[u8] = b":\n";

/// One answer.
pub struct Relay {
    reading: Reading,
    silence: Option<Silence>,
}

enum Reading {
    /// As it comes; whether a line has ended.
    Passing(bool),
    /// Until it is whole.
    Whole(Vec<u8>, Listing),
    /// Event by event.
    Events(Box<Events>, Listing),
    /// All of it has gone on.
    Over,
}

/// Runs out when nothing has been said for so long.
struct Silence {
    every: Duration,
    sleep: Pin<Box<Sleep>>,
}

impl Relay {
    /// For an answer with this head; nothing where it goes on as it comes. What described the bytes
    /// of one that is cut is taken out.
    pub fn begin(
        listing: Option<Listing>,
        parts: &mut Parts,
        empty: bool,
    ) -> Result<Option<Self>, Unreadable> {
        let plain = |value: &HeaderValue| value.as_bytes().eq_ignore_ascii_case(b"identity");
        let as_it_is = parts.headers.get_all(CONTENT_ENCODING).iter().all(plain);
        let is_stream = is(&parts.headers, "text/event-stream") && as_it_is;
        // What went wrong is no list, whatever it looks like to somebody.
        let listing = listing.filter(|_| parts.status.is_success() && !empty);
        let Some(listing) = listing else {
            let silence = is_stream.then(|| Silence::new(SILENCE));
            return Ok(silence
                .map(|silence| Self { reading: Reading::Passing(true), silence: Some(silence) }));
        };
        let is_json = is(&parts.headers, "application/json") && as_it_is;
        if !is_stream && !is_json {
            return Err(Unreadable);
        }
        altered::forget_bytes(&mut parts.headers);
        Ok(Some(if is_stream {
            let (events, silence) = (Box::default(), Some(Silence::new(SILENCE)));
            Self { reading: Reading::Events(events, listing), silence }
        } else {
            Self { reading: Reading::Whole(Vec::new(), listing), silence: None }
        }))
    }

    /// Whether other bytes may go on than come.
    pub fn cuts(&self) -> bool {
        !matches!(self.reading, Reading::Passing(_))
    }

    /// A frame as it may go on, which may leave nothing of it; at the end, what was kept until
    /// then.
    pub fn take(
        &mut self,
        frame: Option<Frame<Bytes>>,
        last: bool,
    ) -> Result<Option<Frame<Bytes>>, Unreadable> {
        if let Some(silence) = &mut self.silence {
            silence.begin();
        }
        let data = frame.map(Frame::into_data);
        let (data, last) = match data {
            Some(Ok(data)) => (data, last),
            // Fields behind the body may speak of its bytes.
            Some(Err(_)) | None => (Bytes::new(), true),
        };
        match &mut self.reading {
            Reading::Passing(line_ended) => {
                if data.is_empty() && last {
                    return Ok(None);
                }
                *line_ended = data.last().map_or(*line_ended, |byte| *byte == b'\n');
                Ok(Some(Frame::data(data)))
            }
            Reading::Events(events, listing) => {
                if data.is_empty() && last {
                    return Ok(None);
                }
                let mut out = Vec::with_capacity(data.len());
                events.feed(&data, &mut out, |message| listing.cut(message))?;
                Ok(Some(Frame::data(out.into())))
            }
            Reading::Whole(held, listing) => {
                if held.len() + data.len() > MAX_EVENT_BYTES {
                    return Err(Unreadable);
                }
                held.extend_from_slice(&data);
                if !last {
                    return Ok(Some(Frame::data(Bytes::new())));
                }
                let whole = String::from_utf8(std::mem::take(held)).map_err(|_| Unreadable)?;
                let cut = listing.cut(&whole)?.unwrap_or(whole);
                self.reading = Reading::Over;
                Ok(Some(Frame::data(cut.into())))
            }
            Reading::Over => Ok(None),
        }
    }

    /// What is said while nothing is: ready when there was silence for long enough, and a line has
    /// ended.
    pub fn poll_silence(&mut self, cx: &mut Context<'_>) -> Poll<Bytes> {
        let Some(silence) = &mut self.silence else { return Poll::Pending };
        loop {
            ready!(silence.sleep.as_mut().poll(cx));
            silence.begin();
            if !matches!(self.reading, Reading::Passing(false)) {
                return Poll::Ready(Bytes::from_static(COMMENT));
            }
        }
    }
}

impl Silence {
    fn new(every: Duration) -> Self {
        Self { every, sleep: Box::pin(sleep_until(Instant::now() + every)) }
    }

    fn begin(&mut self) {
        self.sleep.as_mut().reset(Instant::now() + self.every);
    }
}

/// Whether the answer is of this type.
fn is(headers: &HeaderMap, expected: &str) -> bool {
    let declared = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let essence = declared.and_then(|text| text.split(';').next()).unwrap_or_default();
    essence.trim().eq_ignore_ascii_case(expected)
}

#[cfg(test)]
mod tests;
