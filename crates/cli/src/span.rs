//! Spans of time as people write them: `90s`, `15m`, `24h`, `7d`.

use std::str::FromStr;

/// A span of time in whole seconds, at least one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Span(u64);

/// Why a text is not a span of time.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a span of time: write a count and a unit, as in 90s, 15m, 24h or 7d")]
pub(crate) struct NotASpan;

impl Span {
    /// The span in seconds.
    pub(crate) fn seconds(self) -> u64 {
        self.0
    }
}

impl FromStr for Span {
    type Err = NotASpan;

    fn from_str(text: &str) -> Result<Self, NotASpan> {
        let digits = text.trim_end_matches(|letter: char| letter.is_ascii_alphabetic());
        let unit = text.get(digits.len()..).ok_or(NotASpan)?;
        if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(NotASpan);
        }
        let factor = match unit {
            "s" => 1,
            "m" | "min" => 60,
            "h" => 3_600,
            "d" => 86_400,
            _ => return Err(NotASpan),
        };
        let count: u64 = digits.parse().map_err(|_| NotASpan)?;
        let seconds = count.checked_mul(factor).filter(|seconds| *seconds > 0).ok_or(NotASpan)?;
        Ok(Self(seconds))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_have_a_count_and_a_unit() {
        for (text, seconds) in [
            ("90s", Some(90)),
            ("15m", Some(900)),
            ("15min", Some(900)),
            ("24h", Some(86_400)),
            ("7d", Some(604_800)),
            ("", None),
            ("15", None),
            ("0s", None),
            ("h", None),
            ("-1h", None),
            ("1w", None),
            ("1.5h", None),
            ("99999999999999999999d", None),
        ] {
            assert_eq!(text.parse::<Span>().ok().map(Span::seconds), seconds, "{text}");
        }
    }
}
