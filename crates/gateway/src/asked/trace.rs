//! The trace a request belongs to (W3C Trace Context, level 1).

use std::ops::Range;

use http::{HeaderMap, HeaderName, HeaderValue};

/// The field with what tracing systems say of a trace (section 3.3).
pub const TRACESTATE: HeaderName = HeaderName::from_static("tracestate");

/// A trace, and the span that this gateway adds to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trace {
    traceparent: [u8; LENGTH],
    begun: Begun,
}

/// Where a trace begins.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Begun {
    /// Here.
    Here,
    /// With the caller, who says so in header fields.
    InFields,
    /// With the caller, who says so in the message, with this `tracestate`.
    InMessage(Option<HeaderValue>),
}

const LENGTH: usize = 55;
/// The longest `tracestate` of a message, in bytes, and the most members of it (section 3.3).
const STATE_BYTES: usize = 512;
const STATE_MEMBERS: usize = 32;
/// Where the id of the span is.
const SPAN: Range<usize> = 36..52;
const DIGITS: &[u8; 16] = b"0123456789abcdef";

impl Trace {
    /// The caller's trace with a new span, or a new trace where the caller sent none that is valid.
    pub fn continue_from(headers: &HeaderMap, chance: u128) -> Self {
        let mut traceparent = *b"00-00000000000000000000000000000000-0000000000000000-01";
        let inherited = headers.get("traceparent").and_then(|value| valid(value.as_bytes()));
        let begun = if inherited.is_some() { Begun::InFields } else { Begun::Here };
        match inherited {
            Some(received) => traceparent = received,
            None => write_hex(traceparent.get_mut(3..35), chance.rotate_left(64) | 1),
        }
        write_hex(traceparent.get_mut(SPAN), chance | 1);
        Self { traceparent, begun }
    }

    /// The trace that a message names, with the same span added; nothing where header fields name
    /// one, which go before, or what it names is not valid.
    pub fn continue_in(&self, traceparent: &str, tracestate: Option<&str>) -> Option<Self> {
        if self.begun == Begun::InFields {
            return None;
        }
        let mut received = valid(traceparent.as_bytes())?;
        received.get_mut(SPAN)?.copy_from_slice(self.traceparent.get(SPAN)?);
        let state = tracestate.filter(|it| it.len() <= STATE_BYTES);
        let state = state.filter(|it| it.split(',').count() <= STATE_MEMBERS);
        let state = state.and_then(|it| HeaderValue::from_str(it).ok());
        Some(Self { traceparent: received, begun: Begun::InMessage(state) })
    }

    /// The field to forward.
    pub fn traceparent(&self) -> &[u8] {
        &self.traceparent
    }

    /// Whether it is the trace of the header fields that goes on, and their `tracestate` with it.
    pub fn is_continued(&self) -> bool {
        self.begun == Begun::InFields
    }

    /// The `tracestate` that goes with it, where the message said that.
    pub fn state(&self) -> Option<&HeaderValue> {
        match &self.begun {
            Begun::InMessage(state) => state.as_ref(),
            Begun::Here | Begun::InFields => None,
        }
    }

    /// The trace's id: 32 hexadecimal digits.
    pub fn trace_id(&self) -> &str {
        self.slice(3..35)
    }

    /// The id of the span added here: 16 hexadecimal digits.
    pub fn span_id(&self) -> &str {
        self.slice(SPAN)
    }

    fn slice(&self, range: Range<usize>) -> &str {
        self.traceparent.get(range).and_then(|bytes| std::str::from_utf8(bytes).ok()).unwrap_or("")
    }
}

/// Section 3.2.2: version 00, two ids that are not all zeroes, flags; lower-case digits.
fn valid(received: &[u8]) -> Option<[u8; LENGTH]> {
    let field: [u8; LENGTH] = received.try_into().ok()?;
    let digits = |range| field.get::<Range<usize>>(range);
    let all =
        |range| digits(range).is_some_and(|part| part.iter().all(|byte| DIGITS.contains(byte)));
    let zero = |range| digits(range).is_none_or(|part| part.iter().all(|byte| *byte == b'0'));
    let dashes = [2, 35, 52].iter().all(|place| field.get(*place) == Some(&b'-'));
    let well_formed = dashes && field.starts_with(b"00") && all(3..35) && all(SPAN) && all(53..55);
    (well_formed && !zero(3..35) && !zero(SPAN)).then_some(field)
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
    fn a_message_names_a_trace_where_no_field_does() {
        let begun = Trace::continue_from(&HeaderMap::new(), 0x1234_5678_9abc_def0);
        let named = begun.continue_in(GIVEN, Some("a=1,b=2")).unwrap();
        assert_eq!(named.trace_id(), "4bf92f3577b34da6a3ce929d0e0e4736");
        assert_eq!((named.span_id(), named.is_continued()), (begun.span_id(), false));
        assert_eq!(named.state().unwrap(), "a=1,b=2");
        assert_eq!(begun.continue_in("", None), None);
        assert_eq!(begun.continue_in(&GIVEN.to_uppercase(), None), None);
        let other = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
        assert_eq!(continued(other).continue_in(GIVEN, None), None, "the field goes before");
        for state in ["a\r\nb", &"a".repeat(513), &"a=1,".repeat(32)] {
            assert_eq!(begun.continue_in(GIVEN, Some(state)).unwrap().state(), None, "{state}");
        }
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
