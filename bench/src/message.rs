//! Where an HTTP/1.1 message ends: enough of the protocol for peers that behave.

/// The most bytes of one message.
pub(crate) const MAX_BYTES: usize = 64 * 1024;

/// What is known of a message that is there as a whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Whole {
    /// How many bytes it has.
    pub(crate) bytes: usize,
    /// Where its body starts.
    pub(crate) body: usize,
}

/// The first message in a buffer; none while some of it is missing.
pub(crate) fn first(buffer: &[u8]) -> Option<Whole> {
    let body = find(buffer, b"\r\n\r\n")? + 4;
    let head = buffer.get(..body)?;
    let rest = buffer.get(body..)?;
    let bytes = match field(head, b"content-length").and_then(number) {
        Some(length) => (rest.len() >= length).then_some(body + length)?,
        None if field(head, b"transfer-encoding").is_some() => body + chunks(rest)?,
        None => body,
    };
    Some(Whole { bytes, body })
}

/// The status of an answer.
pub(crate) fn status(answer: &[u8]) -> Option<usize> {
    number(answer.get(9..12)?)
}

fn field<'a>(head: &'a [u8], name: &[u8]) -> Option<&'a [u8]> {
    head.split(|it| *it == b'\n').find_map(|line| {
        let (start, value) = line.split_at_checked(name.len())?;
        let value = value.strip_prefix(b":")?.trim_ascii();
        start.eq_ignore_ascii_case(name).then_some(value)
    })
}

/// How long a chunked body is, its last chunk included.
fn chunks(body: &[u8]) -> Option<usize> {
    let mut at = 0;
    loop {
        let rest = body.get(at..)?;
        let line = find(rest, b"\r\n")?;
        let size = std::str::from_utf8(rest.get(..line)?).ok()?;
        let size = usize::from_str_radix(size.trim(), 16).ok()?;
        at += line + 2 + size + 2;
        if size == 0 {
            return (body.len() >= at).then_some(at);
        }
    }
}

fn number(text: &[u8]) -> Option<usize> {
    std::str::from_utf8(text).ok()?.parse().ok()
}

fn find(buffer: &[u8], sought: &[u8]) -> Option<usize> {
    buffer.windows(sought.len()).position(|window| window == sought)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: Option<(usize, usize)>) {
        let found = first(text.as_bytes()).map(|it| (it.bytes, it.body));
        assert_eq!(found, expected, "{text:?}");
    }

    #[test]
    fn a_message_ends_where_it_says() {
        check("GET / HTTP/1.1\r\n\r\n", Some((18, 18)));
        check("POST / HTTP/1.1\r\nContent-Length: 3\r\n\r\nabcPOST", Some((41, 38)));
        check(
            "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
            Some((60, 47)),
        );
    }

    #[test]
    fn a_message_that_lacks_something_has_no_end() {
        check("POST / HTTP/1.1\r\nContent-Length: 3\r\n", None);
        check("POST / HTTP/1.1\r\nContent-Length: 3\r\n\r\nab", None);
        check("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n", None);
        check("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n", None);
    }

    #[test]
    fn the_status_is_read() {
        assert_eq!(status(b"HTTP/1.1 429 Too Many Requests\r\n\r\n"), Some(429));
        assert_eq!(status(b"HTTP"), None);
    }
}
