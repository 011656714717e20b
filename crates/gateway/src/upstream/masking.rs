//! Masking of answers: a labelled field goes out to whoever has the label cleared, and to everybody
//! else as `"***"`.
//!
//! A label is cleared by the scope `<label>:unmask`, held like any other: by the agent, and by
//! whatever narrows it; and not where a policy masks it. What cannot be read cannot be masked, and
//! does not go out: answers that are not JSON, that are compressed although it was asked for them
//! as they are, or that break off.

use bailiwick_contract::masker::{Masker, Seen, Unmaskable};
use bytes::Bytes;
use http::header::{CONTENT_ENCODING, CONTENT_TYPE};
use http::response::Parts;
use http::{HeaderMap, HeaderValue, StatusCode};
use http_body::Frame;

use super::altered;
use crate::observed::Leave;

/// Masks one answer.
pub struct Masking {
    masker: Masker,
    /// Whether nothing is kept back: the answer is then only looked at, for its record.
    only_looks: bool,
    ended: bool,
}

impl Masking {
    /// For the answer to a request; nothing when nothing of it is labelled, or when that is within
    /// a message, which is another's to read. Of an API that is only observed nothing is kept back.
    pub(super) fn of(leave: &Leave) -> Option<Self> {
        let permit = leave.permit()?;
        let wanted = permit.wanted();
        let observes = wanted.api().api.mode.observes();
        let bound = wanted.api().service.bound(wanted.operation())?;
        if bound.mask.is_empty() || wanted.call().is_some() {
            return None;
        }
        let masker = Masker::new(&bound.mask, |label| observes || permit.clears(label));
        let only_looks = masker.clears_all();
        Some(Self { masker, only_looks, ended: false })
    }

    /// Whether nothing is kept back.
    pub(super) fn clears(&self) -> bool {
        self.only_looks
    }

    /// Asks the upstream for an answer that can be masked: all of it, as it is.
    pub(super) fn ask(&self, headers: &mut HeaderMap) {
        if self.only_looks {
            return;
        }
        altered::ask_for_plain(headers);
    }

    /// Whether the answer can be masked, or need not be. What described its bytes is taken out.
    pub(super) fn begin(self, parts: &mut Parts, empty: bool) -> Result<Option<Self>, Unmaskable> {
        let readable = is_json(&parts.headers) && parts.status != StatusCode::PARTIAL_CONTENT;
        if empty || self.only_looks && !readable {
            return Ok(None);
        }
        if !readable {
            return Err(Unmaskable);
        }
        if !self.only_looks {
            altered::forget_bytes(&mut parts.headers);
        }
        Ok(Some(self))
    }

    /// A frame as it may go on; at the end, whether what came was whole.
    pub(super) fn take(
        &mut self,
        frame: Option<Frame<Bytes>>,
        last: bool,
    ) -> Result<Option<Frame<Bytes>>, Unmaskable> {
        let Some(frame) = frame else {
            self.end()?;
            return Ok(None);
        };
        let Ok(data) = frame.into_data() else {
            // Fields behind the body may speak of its bytes.
            self.end()?;
            return Ok(None);
        };
        let mut out = Vec::with_capacity(data.len());
        let fed = self.masker.feed(&data, &mut out);
        if self.only_looks {
            return Ok(Some(Frame::data(data)));
        }
        fed?;
        if last {
            self.end()?;
        }
        Ok(Some(Frame::data(out.into())))
    }

    /// The labels that came by.
    pub(super) fn seen(&self) -> Seen {
        self.masker.seen()
    }

    fn end(&mut self) -> Result<(), Unmaskable> {
        let first = !std::mem::replace(&mut self.ended, true);
        if first && !self.only_looks { self.masker.finish() } else { Ok(()) }
    }
}

/// Whether the answer is JSON and not compressed.
fn is_json(headers: &HeaderMap) -> bool {
    let plain = |value: &HeaderValue| value.as_bytes().eq_ignore_ascii_case(b"identity");
    let declared = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let essence = declared.and_then(|text| text.split(';').next()).unwrap_or_default().trim();
    let essence = essence.to_ascii_lowercase();
    let json = essence == "application/json" || essence.ends_with("+json");
    json && headers.get_all(CONTENT_ENCODING).iter().all(plain)
}
