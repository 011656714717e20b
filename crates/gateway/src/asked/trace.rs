//! The trace a request belongs to (W3C Trace Context, level 1).

use http::HeaderMap;

/// A trace, and the span that this gateway adds to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trace {
    traceparent: [u8; LENGTH],
    continued: bool,
}

const LENGTH: usize = 55;
const DIGITS: &[u8; 16] = b"0123456789abcdef";

impl Trace {
    /// The caller's trace with a new span, or a new trace where the caller sent none that is valid.
    pub fn continue_from(headers: &HeaderMap, chance: u128) -> Self {
        let mut traceparent = *b"00-00000000000000000000000000000000-0000000000000000-01";
        let inherited = headers.get("traceparent").and_then(|value| valid(value.as_bytes()));
        let continued = inherited.is_some();
        match inherited {
            Some(received) => traceparent = received,
            None => write_hex(traceparent.get_mut(3..35), chance.rotate_left(64) | 1),
        }
        write_hex(traceparent.get_mut(36..52), chance | 1);
        Self { traceparent, continued }
    }

    /// The field to forward.
    pub fn traceparent(&self) -> &[u8] {
        &self.traceparent
    }

    /// Whether the caller's trace goes on, and its `tracestate` with it.
    pub fn is_continued(&self) -> bool {
        self.continued
    }

    /// The trace's id: 32 hexadecimal digits.
    pub fn trace_id(&self) -> &str {
        self.slice(3..35)
    }

    /// The id of the span added here: 16 hexadecimal digits.
    pub fn span_id(&self) -> &str {
        self.slice(36..52)
    }

    fn slice(&self, range: std::ops::Range<usize>) -> &str {
        self.traceparent.get(range).and_then(|bytes| std::str::from_utf8(bytes).ok()).unwrap_or("")
    }
}

/// Section 3.2.2: version 00, two ids that are not all zeroes, flags; lower-case digits.
fn valid(received: &[u8]) -> Option<[u8; LENGTH]> {
    let field: [u8; LENGTH] = received.try_into().ok()?;
    let digits = |range| field.get::<std::ops::Range<usize>>(range);
    let all =
        |range| digits(range).is_some_and(|part| part.iter().all(|byte| DIGITS.contains(byte)));
    let zero = |range| digits(range).is_none_or(|part| part.iter().all(|byte| *byte == b'0'));
    let dashes = [2, 35, 52].iter().all(|place| field.get(*place) == Some(&b'-'));
    let well_formed =
        dashes && field.starts_with(b"00") && all(3..35) && all(36..52) && all(53..55);
    (well_formed && !zero(3..35) && !zero(36..52)).then_some(field)
}

fn write_hex(place: Option<&mut [u8]>, value: u128) {
    let mut rest = value;
    for digit in place.into_iter().flatten().rev() {
        let low = usize::try_from(rest & 15).unwrap_or(0);
        *digit = DIGITS.get(low).copied().unwrap_or(b'0');
        rest >>= 4;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GIVEN: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

    fn continued(traceparent: &str) -> Trace {
        let mut headers = HeaderMap::new();
        headers.insert("traceparent", traceparent.parse().unwrap());
        Trace::continue_from(&headers, 0x1234_5678_9abc_def0)
    }

    #[test]
    fn a_valid_trace_goes_on_with_a_new_span() {
        let trace = continued(GIVEN);
        assert!(trace.is_continued());
        assert_eq!(trace.trace_id(), "4bf92f3577b34da6a3ce929d0e0e4736");
        assert_eq!(trace.span_id(), "123456789abcdef1");
    }

    #[test]
    fn anything_else_begins_a_new_trace() {
        for given in [
            "",
            "01-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
            "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-x",
        ] {
            let trace = continued(given);
            assert!(!trace.is_continued(), "{given}");
            assert_ne!(trace.trace_id(), "4bf92f3577b34da6a3ce929d0e0e4736");
            assert_eq!(valid(trace.traceparent()).as_ref(), Some(&trace.traceparent));
        }
    }
}
