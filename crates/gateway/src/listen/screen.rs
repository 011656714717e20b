//! Looks at HTTP/1.1 framing before the parser does, for the one shape that the parser mends
//! instead of refusing: a head with both `Transfer-Encoding` and `Content-Length` (RFC 9112,
//! section 6.1). Whoever sends it hopes that two readers of the connection disagree about where the
//! body ends.
//!
//! A [`Screen`] follows the bytes of a connection from head to head. What it cannot follow it
//! leaves to the parser, which refuses it.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// How much of a header line is kept: enough for the names and values that frame a message.
const KEPT: usize = 64;

/// Follows the framing of one connection.
#[derive(Debug, Default)]
struct Screen {
    place: Place,
    line: Vec<u8>,
    head: Head,
}

#[derive(Debug, Default, Clone, Copy)]
enum Place {
    /// In a head, at or after the start of a line.
    #[default]
    Head,
    /// In a body, with this many bytes to go.
    Body(u64),
    /// In the line that gives a chunk's size.
    ChunkSize,
    /// In a chunk and the line end after it, with this many bytes to go.
    Chunk(u64),
    /// In the trailer section.
    Trailer,
    /// Not HTTP/1.1 any more, or nothing that can be followed.
    Beyond,
}

/// What a head says about framing.
#[derive(Debug, Default)]
struct Head {
    begun: bool,
    length: Option<u64>,
    coded: bool,
    upgrade: bool,
}

impl Screen {
    /// Follows the next bytes; whether a head among them is framed in two ways.
    fn follow(&mut self, mut bytes: &[u8]) -> bool {
        let mut smuggled = false;
        while !bytes.is_empty() {
            bytes = match self.place {
                Place::Beyond => return smuggled,
                Place::Body(left) => self.skip(bytes, left, Place::Body),
                Place::Chunk(left) => self.skip(bytes, left, Place::Chunk),
                Place::Head | Place::ChunkSize | Place::Trailer => {
                    let Some((text, rest)) = split_line(bytes) else {
                        self.keep(bytes);
                        return smuggled;
                    };
                    smuggled |= self.finish_line(text);
                    rest
                }
            };
        }
        smuggled
    }

    fn skip<'a>(&mut self, bytes: &'a [u8], left: u64, place: fn(u64) -> Place) -> &'a [u8] {
        let available = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        if available < left {
            self.place = place(left - available);
            return &[];
        }
        self.place = match self.place {
            Place::Chunk(_) => Place::ChunkSize,
            _ => Place::Head,
        };
        bytes.get(usize::try_from(left).unwrap_or(usize::MAX)..).unwrap_or_default()
    }

    /// Keeps what may begin a line that goes on in the next bytes.
    fn keep(&mut self, text: &[u8]) {
        let room = KEPT.saturating_sub(self.line.len());
        self.line.extend_from_slice(text.get(..room).unwrap_or(text));
    }

    /// Takes in a line whose last part this is; most lines lie in one piece and are not copied.
    fn finish_line(&mut self, text: &[u8]) -> bool {
        if self.line.is_empty() {
            return self.end_line(text.get(..KEPT).unwrap_or(text));
        }
        self.keep(text);
        let mut line = std::mem::take(&mut self.line);
        let smuggled = self.end_line(&line);
        line.clear();
        self.line = line;
        smuggled
    }

    fn end_line(&mut self, line: &[u8]) -> bool {
        let line = line.trim_ascii();
        match self.place {
            Place::Head => return self.end_head_line(line),
            Place::ChunkSize => self.place = chunk(line),
            Place::Trailer if line.is_empty() => self.place = Place::Head,
            _ => {}
        }
        false
    }

    fn end_head_line(&mut self, line: &[u8]) -> bool {
        if line.is_empty() {
            // Empty lines before a request line are skipped (RFC 9112, section 2.2).
            return self.head.begun && self.end_head();
        }
        if !self.head.begun {
            self.head.begun = true;
            if line == b"PRI * HTTP/2.0" {
                self.place = Place::Beyond;
            }
            return false;
        }
        let mut parts = line.splitn(2, |byte| *byte == b':');
        let name = parts.next().unwrap_or_default().trim_ascii();
        let value = parts.next().unwrap_or_default().trim_ascii();
        if name.eq_ignore_ascii_case(b"content-length") {
            self.head.length = Some(decimal(value).unwrap_or(0));
        } else if name.eq_ignore_ascii_case(b"transfer-encoding") {
            self.head.coded = true;
        } else if name.eq_ignore_ascii_case(b"upgrade") {
            self.head.upgrade = true;
        }
        false
    }

    fn end_head(&mut self) -> bool {
        let head = std::mem::take(&mut self.head);
        self.place = match (head.upgrade, head.coded, head.length) {
            (true, _, _) => Place::Beyond,
            (_, true, _) => Place::ChunkSize,
            (_, false, Some(length)) if length > 0 => Place::Body(length),
            _ => Place::Head,
        };
        head.coded && head.length.is_some()
    }
}

/// The first line without its line feed, and what follows; nothing when there is no line feed.
fn split_line(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let end = memchr::memchr(b'\n', bytes)?;
    Some((bytes.get(..end)?, bytes.get(end + 1..)?))
}

/// What follows a chunk's size (RFC 9112, section 7.1); two bytes more for its line end.
fn chunk(line: &[u8]) -> Place {
    let digits = line.split(|byte| *byte == b';').next().unwrap_or_default().trim_ascii();
    let text = std::str::from_utf8(digits).unwrap_or_default();
    match u64::from_str_radix(text, 16) {
        Ok(0) => Place::Trailer,
        Ok(size) => size.checked_add(2).map_or(Place::Beyond, Place::Chunk),
        Err(_) => Place::Beyond,
    }
}

fn decimal(value: &[u8]) -> Option<u64> {
    std::str::from_utf8(value).ok()?.parse().ok()
}

/// Says that the connection has carried a head that is framed in two ways.
#[derive(Debug, Clone, Default)]
pub(super) struct Alarm(Arc<AtomicBool>);

impl Alarm {
    /// Whether it has.
    pub(super) fn is_raised(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// A stream whose bytes are looked at as they are read.
#[derive(Debug)]
pub(super) struct Screened<S> {
    stream: S,
    screen: Screen,
    alarm: Alarm,
}

impl<S> Screened<S> {
    /// Looks at this stream.
    pub(super) fn new(stream: S) -> (Self, Alarm) {
        let alarm = Alarm::default();
        (Self { stream, screen: Screen::default(), alarm: alarm.clone() }, alarm)
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Screened<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        ready!(Pin::new(&mut self.stream).poll_read(cx, buffer))?;
        let new = buffer.filled().get(before..).unwrap_or_default();
        if self.screen.follow(new) {
            self.alarm.0.store(true, Ordering::Relaxed);
        }
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Screened<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(cx, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn check(bytes: &str, expected: bool) {
        let mut screen = Screen::default();
        assert_eq!(screen.follow(bytes.as_bytes()), expected, "{bytes:?} at once");
        let mut screen = Screen::default();
        let bytewise = bytes.bytes().fold(false, |seen, byte| seen | screen.follow(&[byte]));
        assert_eq!(bytewise, expected, "{bytes:?} byte by byte");
    }

    const PLAIN: &str = "POST / HTTP/1.1\r\nContent-Length: 5\r\n\r\nhello";
    const CHUNKED: &str = "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n\
                           3;x=y\r\nabc\r\n0\r\nX-T: 1\r\n\r\n";
    const BOTH: &str = "POST / HTTP/1.1\r\ncontent-length: 4\r\ntransfer-encoding: chunked\r\n\r\n";

    #[test]
    fn a_head_framed_in_two_ways_is_seen_wherever_it_stands() {
        check(BOTH, true);
        check("\r\nPOST / HTTP/1.1\r\nTransfer-Encoding: x\r\nContent-Length : 0\r\n\r\n", true);
        check(&format!("{PLAIN}{BOTH}"), true);
        check(&format!("{CHUNKED}{PLAIN}GET / HTTP/1.1\r\n\r\n{BOTH}"), true);
    }

    #[test]
    fn what_is_framed_in_one_way_passes_whatever_its_body_says() {
        check(PLAIN, false);
        check(CHUNKED, false);
        check("GET / HTTP/1.1\r\nHost: a\r\n\r\n", false);
        let inside = format!("POST / HTTP/1.1\r\nContent-Length: {}\r\n\r\n{BOTH}", BOTH.len());
        check(&inside, false);
        let inside = format!(
            "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n{:x}\r\n{BOTH}\r\n0\r\n\r\n",
            BOTH.len()
        );
        check(&inside, false);
        check(&format!("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n{BOTH}"), false);
    }

    proptest! {
        #[test]
        fn any_bytes_can_be_followed(bytes: Vec<u8>) {
            Screen::default().follow(&bytes);
        }
    }
}
