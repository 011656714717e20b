//! An answer of the protocol's on its way to the client: cut where it tells of what is offered,
//! masked where what it has is labelled, and kept alive where it is a stream that has nothing to
//! say for a while.

mod altering;

use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use altering::Altering;
pub use altering::Edit;
use bailiwick_contract::masker::Seen;
use bytes::Bytes;
use http::header::{CONTENT_ENCODING, CONTENT_TYPE};
use http::response::Parts;
use http::{HeaderMap, HeaderValue};
use http_body::Frame;
use tokio::time::{Instant, Sleep, sleep_until};

use super::events::Unreadable;
use crate::upstream::altered;

/// How long a stream may be silent. Proxies on the way close what is idle for a minute, or half.
const SILENCE: Duration = Duration::from_secs(15);
/// A comment (WHATWG HTML, section 9.2.6): a line that says nothing, and ends no event.
const COMMENT: &[u8] = b":\n";

/// One answer.
pub struct Relay {
    altering: Option<Altering>,
    silence: Option<Silence>,
    /// Whether a line has ended with what went on.
    line_ended: bool,
}

/// Runs out when nothing has been said for so long.
struct Silence {
    every: Duration,
    sleep: Pin<Box<Sleep>>,
}

impl Relay {
    /// For an answer with this head; nothing where it goes on as it comes. What described the bytes
    /// of one that is altered is taken out.
    pub fn begin(
        edit: Option<Edit>,
        parts: &mut Parts,
        empty: bool,
    ) -> Result<Option<Self>, Unreadable> {
        let plain = |value: &HeaderValue| value.as_bytes().eq_ignore_ascii_case(b"identity");
        let as_it_is = parts.headers.get_all(CONTENT_ENCODING).iter().all(plain);
        let is_stream = is(&parts.headers, "text/event-stream") && as_it_is;
        let is_json = ["application/json", "application/a2a+json"].map(|it| is(&parts.headers, it));
        let is_read = is_stream || is_json.contains(&true) && as_it_is;
        let silence = is_stream.then(|| Silence::new(SILENCE));
        // What went wrong is no list, whatever it looks like to somebody.
        let edit = edit.filter(|it| !empty && (it.masks() || parts.status.is_success()));
        let Some(edit) = edit.filter(|it| is_read || !it.only_looks()) else {
            return Ok(silence.map(|it| Self::new(None, Some(it))));
        };
        if !is_read {
            return Err(Unreadable);
        }
        if !edit.only_looks() {
            altered::forget_bytes(&mut parts.headers);
        }
        Ok(Some(Self::new(Some(Altering::new(edit, is_stream)), silence)))
    }

    fn new(altering: Option<Altering>, silence: Option<Silence>) -> Self {
        Self { altering, silence, line_ended: true }
    }

    /// Whether other bytes may go on than come.
    pub fn alters(&self) -> bool {
        self.altering.as_ref().is_some_and(|it| !it.only_looks())
    }

    /// The labels that came by, where some are described.
    pub fn seen(&self) -> Option<Seen> {
        self.altering.as_ref()?.seen()
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
        if let Some(altering) = &mut self.altering {
            if !altering.only_looks() {
                let altered = altering.take(&data, last)?;
                return Ok(altered.map(|data| Frame::data(data.into())));
            }
            altering.look(&data, last);
        }
        if data.is_empty() && last {
            return Ok(None);
        }
        self.line_ended = data.last().map_or(self.line_ended, |byte| *byte == b'\n');
        Ok(Some(Frame::data(data)))
    }

    /// What is said while nothing is: ready when there was silence for long enough, and a line has
    /// ended.
    pub fn poll_silence(&mut self, cx: &mut Context<'_>) -> Poll<Bytes> {
        let Some(silence) = &mut self.silence else { return Poll::Pending };
        loop {
            ready!(silence.sleep.as_mut().poll(cx));
            silence.begin();
            if self.line_ended {
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
