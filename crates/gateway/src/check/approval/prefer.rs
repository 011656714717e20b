//! `Prefer: wait=N` (RFC 7240, section 4.3): how long the caller would wait for the answer.

use http::{HeaderMap, HeaderName};

/// The longest that an answer is held back, in seconds.
const MOST_SECONDS: u32 = 30;
const PREFER: HeaderName = HeaderName::from_static("prefer");

/// For how many seconds the answer may be held back, where the caller asks for that. Of several the
/// first counts, and what cannot be read is as if it were not there (section 2).
pub(super) fn wait(headers: &HeaderMap) -> Option<u32> {
    let lines = headers.get_all(PREFER).iter().filter_map(|line| line.to_str().ok());
    let mut values = lines.flat_map(|line| line.split(',')).filter_map(|preference| {
        let word = preference.split(';').next()?;
        let (name, value) = word.split_once('=')?;
        name.trim().eq_ignore_ascii_case("wait").then(|| value.trim().trim_matches('"'))
    });
    let seconds: u32 = values.next()?.parse().ok()?;
    Some(seconds.min(MOST_SECONDS)).filter(|seconds| *seconds > 0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    fn check(lines: &[&'static str], expected: Option<u32>) {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(PREFER, HeaderValue::from_static(line));
        }
        assert_eq!(wait(&headers), expected, "{lines:?}");
    }

    #[test]
    fn a_wait_is_read_out_of_all_preferences_and_bounded() {
        check(&[], None);
        check(&["wait=10"], Some(10));
        check(&["respond-async, Wait = \"10\" ; x=1"], Some(10));
        check(&["respond-async", "wait=20, wait=10"], Some(20));
        check(&["wait=31"], Some(30));
        check(&["wait=0"], None);
        check(&["wait"], None);
        check(&["wait=-1"], None);
        check(&["wait=x, wait=5"], None);
        check(&["waiting=5"], None);
    }
}
