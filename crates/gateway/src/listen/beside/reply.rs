//! What a proxy is answered: bytes in memory, and trailers where its protocol has them.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::{HeaderMap, HeaderName, Response, StatusCode};
use http_body::{Body, Frame, SizeHint};

/// The status that a refused caller would have got of the gateway itself.
pub(super) const DENIAL_STATUS: HeaderName = HeaderName::from_static("x-denial-status");

/// The body of an answer.
#[derive(Debug, Default)]
pub(super) struct Reply {
    pub(super) data: Option<Bytes>,
    pub(super) trailers: Option<HeaderMap>,
}

impl Reply {
    /// Bytes without trailers.
    pub(super) fn whole(bytes: Bytes) -> Self {
        Self { data: Some(bytes).filter(|bytes| !bytes.is_empty()), trailers: None }
    }

    /// A status and a line of text.
    pub(super) fn plain(status: StatusCode, line: &'static str) -> Response<Self> {
        let mut response = Response::new(Self::whole(Bytes::from_static(line.as_bytes())));
        *response.status_mut() = status;
        response
    }
}

impl Body for Reply {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let data = self.data.take().map(Frame::data);
        Poll::Ready(data.or_else(|| self.trailers.take().map(Frame::trailers)).map(Ok))
    }

    fn is_end_stream(&self) -> bool {
        self.data.is_none() && self.trailers.is_none()
    }

    fn size_hint(&self) -> SizeHint {
        let size = self.data.as_ref().map_or(0, Bytes::len);
        SizeHint::with_exact(u64::try_from(size).unwrap_or(u64::MAX))
    }
}
