//! Which version of the protocol a request is of (A2A 1.0, section 3.6).

use bailiwick_domain::a2a::VERSION;
use http::HeaderMap;

/// The field that names it, and the parameter that may instead.
pub const A2A_VERSION: &str = "a2a-version";

/// Whether a request is of the version that is spoken, by its field, by a parameter of its query,
/// or by both. One that says nothing is of version 0.3 (section 3.6.2).
pub fn is_spoken(headers: &HeaderMap, query: Option<&str>) -> bool {
    let pairs = query.unwrap_or_default().split('&').filter_map(|pair| pair.split_once('='));
    let asked = pairs.filter(|(name, _)| name.eq_ignore_ascii_case(A2A_VERSION));
    let told = headers.get_all(A2A_VERSION).iter().map(|value| value.to_str().unwrap_or_default());
    let mut all = told.chain(asked.map(|(_, value)| value)).peekable();
    all.peek().is_some() && all.all(|version| version.trim() == VERSION)
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    #[test]
    fn a_version_is_named_and_is_the_one_that_is_spoken() {
        let check = |fields: &[&'static str], query: Option<&str>, expected| {
            let mut headers = HeaderMap::new();
            for value in fields {
                headers.append(A2A_VERSION, HeaderValue::from_static(value));
            }
            assert_eq!(is_spoken(&headers, query), expected, "{fields:?} {query:?}");
        };
        check(&["1.0"], None, true);
        check(&[" 1.0 "], None, true);
        check(&[], Some("A2A-Version=1.0"), true);
        check(&["1.0"], Some("a2a-version=1.0&pageSize=5"), true);
        check(&[], None, false);
        check(&[""], None, false);
        check(&["0.3"], None, false);
        check(&["1.0.1"], None, false);
        check(&["1.0, 0.3"], None, false);
        check(&["1.0", "0.3"], None, false);
        check(&["1.0"], Some("A2A-Version=0.3"), false);
        check(&[], Some("A2A-Version"), false);
    }
}
