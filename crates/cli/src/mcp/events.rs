//! Server-sent events (HTML Living Standard, section 9.2.6), as far as their data goes.

/// A stream being read; what is kept is no more than the event that is not yet whole.
#[derive(Debug, Default)]
pub(crate) struct Events {
    line: Vec<u8>,
    data: Option<Vec<u8>>,
    after_return: bool,
}

impl Events {
    /// Takes more of the stream in; returns the data of every event that is whole now.
    pub(crate) fn read(&mut self, bytes: &[u8]) -> Vec<Vec<u8>> {
        let mut whole = Vec::new();
        for byte in bytes {
            let second = std::mem::replace(&mut self.after_return, *byte == b'\r');
            match byte {
                b'\n' if second => {}
                b'\n' | b'\r' => whole.extend(self.end_of_line()),
                _ => self.line.push(*byte),
            }
        }
        whole
    }

    /// An empty line ends an event; one without data is none.
    fn end_of_line(&mut self) -> Option<Vec<u8>> {
        let line = std::mem::take(&mut self.line);
        if line.is_empty() {
            return self.data.take();
        }
        let value = line.strip_prefix(b"data:").or((line == b"data").then_some(&[]));
        if let Some(value) = value {
            let value = value.strip_prefix(b" ").unwrap_or(value);
            match &mut self.data {
                Some(data) => data.extend([b"\n", value].concat()),
                None => self.data = Some(value.to_vec()),
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(stream: &str, expected: &[&str]) {
        for size in [1, 2, 3, stream.len()] {
            let mut events = Events::default();
            let pieces = stream.as_bytes().chunks(size).flat_map(|piece| events.read(piece));
            let found: Vec<String> = pieces.map(|data| String::from_utf8(data).unwrap()).collect();
            assert_eq!(found, expected, "{stream:?} by {size}");
        }
    }

    #[test]
    fn the_data_of_events_is_found_however_lines_end_and_pieces_fall() {
        for end in ["\n", "\r", "\r\n"] {
            let lines = ["data: a", "", ": still there", "event: message", "data:b", "data: c", ""];
            check(&lines.map(|line| format!("{line}{end}")).concat(), &["a", "b\nc"]);
        }
        check("data: a\n", &[]);
        check("id: 1\n\n", &[]);
        check("data\n\ndata: \n\n", &["", ""]);
        check("database: x\ndata: y\n\n", &["y"]);
    }
}
