//! Server-sent events (WHATWG HTML, section 9.2), one at a time: what an event says is looked at
//! whole before any of it goes on.

use std::mem;

/// The most bytes of one event.
pub const MAX_EVENT_BYTES: usize = 4 * 1024 * 1024;

/// A stream of events, taken apart.
#[derive(Debug, Default)]
pub struct Events {
    begun: bool,
    after_return: bool,
    line: Vec<u8>,
    lines: Vec<Vec<u8>>,
    held: usize,
}

/// An event that cannot be read: too long, no text, or not what it should be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("what the server answered cannot be read, and so is kept back")]
pub struct Unreadable;

impl Events {
    /// Takes the next bytes, and appends every event that is whole with them as it may go on.
    /// `each` is shown what an event says, and gives back what it is to say instead, if something
    /// else. An event that is not whole when the stream ends is none.
    pub fn feed(
        &mut self,
        data: &[u8],
        out: &mut Vec<u8>,
        mut each: impl FnMut(&str) -> Result<Option<String>, Unreadable>,
    ) -> Result<(), Unreadable> {
        for byte in data {
            let was_return = mem::replace(&mut self.after_return, *byte == b'\r');
            match byte {
                b'\n' if was_return => {}
                b'\n' | b'\r' => self.end_line(out, &mut each)?,
                _ => {
                    self.line.push(*byte);
                    self.held += 1;
                    if self.held > MAX_EVENT_BYTES {
                        return Err(Unreadable);
                    }
                }
            }
        }
        Ok(())
    }

    fn end_line(
        &mut self,
        out: &mut Vec<u8>,
        each: &mut impl FnMut(&str) -> Result<Option<String>, Unreadable>,
    ) -> Result<(), Unreadable> {
        let mut line = mem::take(&mut self.line);
        if !mem::replace(&mut self.begun, true) && line.starts_with("\u{feff}".as_bytes()) {
            line.drain(..3);
        }
        if !line.is_empty() {
            self.lines.push(line);
            self.held += 1;
            return Ok(());
        }
        self.held = 0;
        write(&mem::take(&mut self.lines), out, each)
    }
}

fn write(
    lines: &[Vec<u8>],
    out: &mut Vec<u8>,
    each: &mut impl FnMut(&str) -> Result<Option<String>, Unreadable>,
) -> Result<(), Unreadable> {
    let mut data: Option<String> = None;
    for value in lines.iter().filter_map(|line| said(line)) {
        let value = std::str::from_utf8(value).map_err(|_| Unreadable)?;
        match &mut data {
            None => data = Some(value.to_owned()),
            Some(data) => data.extend(["\n", value]),
        }
    }
    let instead = match data.filter(|data| !data.trim().is_empty()) {
        Some(data) => each(&data)?,
        None => None,
    };
    for line in lines.iter().filter(|line| instead.is_none() || said(line).is_none()) {
        out.extend_from_slice(line);
        out.push(b'\n');
    }
    for line in instead.iter().flat_map(|it| it.lines()) {
        out.extend_from_slice(b"data: ");
        out.extend_from_slice(line.as_bytes());
        out.push(b'\n');
    }
    out.push(b'\n');
    Ok(())
}

/// What a line adds to what its event says.
fn said(line: &[u8]) -> Option<&[u8]> {
    let rest = line.strip_prefix(b"data")?;
    match rest.strip_prefix(b":") {
        Some(value) => Some(value.strip_prefix(b" ").unwrap_or(value)),
        None => rest.is_empty().then_some(rest),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// What is heard of a stream in pieces of a size, and what goes on.
    fn feed(stream: &[u8], size: usize) -> Result<(Vec<String>, String), Unreadable> {
        let (mut events, mut out, mut heard) = (Events::default(), Vec::new(), Vec::new());
        for piece in stream.chunks(size) {
            events.feed(piece, &mut out, |data| {
                heard.push(data.to_owned());
                Ok((data == "hide").then(|| "hidden".to_owned()))
            })?;
        }
        Ok((heard, String::from_utf8(out).unwrap()))
    }

    fn check(stream: &str, heard: &[&str], goes_on: &str) {
        for size in 1..stream.len().max(2) {
            let (found, out) = feed(stream.as_bytes(), size).unwrap();
            assert_eq!(
                (found, out.as_str()),
                (heard.iter().map(|it| (*it).to_owned()).collect(), goes_on)
            );
        }
    }

    #[test]
    fn events_are_heard_whole_and_go_on_as_they_are() {
        check("data: a\n\n", &["a"], "data: a\n\n");
        check("id: 1\nevent: message\ndata:a\n\n", &["a"], "id: 1\nevent: message\ndata:a\n\n");
        check("data: a\r\ndata: b\r\n\r\n", &["a\nb"], "data: a\ndata: b\n\n");
        check("data: a\rdata: b\r\rdata: c\n\n", &["a\nb", "c"], "data: a\ndata: b\n\ndata: c\n\n");
        check(": ping\n\nid: 7\ndata: \n\n", &[], ": ping\n\nid: 7\ndata: \n\n");
        check("data\ndata\n\n", &[], "data\ndata\n\n");
        check("data: never ends\n", &[], "");
        check("dataset: x\n\n", &[], "dataset: x\n\n");
    }

    #[test]
    fn what_an_event_says_can_be_replaced_and_the_rest_stays() {
        check("id: 1\ndata: hide\nretry: 5\n\n", &["hide"], "id: 1\nretry: 5\ndata: hidden\n\n");
        check("\u{feff}data: hide\n\n", &["hide"], "data: hidden\n\n");
    }

    #[test]
    fn what_cannot_be_read_does_not_go_on() {
        assert_eq!(feed(b"data: \xff\n\n", 100), Err(Unreadable));
        let endless = vec![b'a'; MAX_EVENT_BYTES + 1];
        assert_eq!(feed(&endless, 1 << 20), Err(Unreadable));
        let lines = b"data: aaaaaaa\n".repeat(MAX_EVENT_BYTES / 10);
        assert_eq!(feed(&lines, 1 << 20), Err(Unreadable));
    }

    proptest! {
        #[test]
        fn the_same_is_heard_in_pieces_of_any_size(
            stream in "([\u{feff}]|(data|id|)[: ]{0,2}[a\u{e4}]{0,3}|\r|\n|\r\n){0,20}",
            size in 1_usize..9,
        ) {
            prop_assert_eq!(feed(stream.as_bytes(), size), feed(stream.as_bytes(), 10_000));
        }
    }
}
