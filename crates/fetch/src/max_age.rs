//! How long an answer says it may be kept.

use http::HeaderMap;
use http::header::{AGE, CACHE_CONTROL};

/// Seconds for which the answer is fresh, as the server says (RFC 9111, section 4.2): `max-age`
/// less `Age`; 0 when it says `no-store` or `no-cache`; none when it says nothing that can be read.
pub(crate) fn max_age(fields: &HeaderMap) -> Option<i64> {
    let texts = fields.get_all(CACHE_CONTROL).iter().filter_map(|value| value.to_str().ok());
    let mut found = None;
    for directive in texts.flat_map(|text| text.split(',')) {
        let (name, value) = directive.split_once('=').unwrap_or((directive, ""));
        match name.trim().to_ascii_lowercase().as_str() {
            "no-store" | "no-cache" => return Some(0),
            "max-age" => found = value.trim().trim_matches('"').parse::<u32>().ok(),
            _ => {}
        }
    }
    let age = fields.get(AGE).and_then(|value| value.to_str().ok()?.trim().parse::<u32>().ok());
    found.map(|seconds| i64::from(seconds.saturating_sub(age.unwrap_or(0))))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(control: &str, age: Option<&str>, expected: Option<i64>) {
        let mut fields = HeaderMap::new();
        fields.insert(CACHE_CONTROL, control.parse().unwrap());
        if let Some(age) = age {
            fields.insert(AGE, age.parse().unwrap());
        }
        assert_eq!(max_age(&fields), expected, "{control} {age:?}");
    }

    #[test]
    fn the_servers_word_is_read() {
        assert_eq!(max_age(&HeaderMap::new()), None);
        check("max-age=300", None, Some(300));
        check("public, Max-Age=300, must-revalidate", Some("100"), Some(200));
        check("max-age=300", Some("400"), Some(0));
        check("max-age=300", Some("x"), Some(300));
        check("max-age=300, no-cache", None, Some(0));
        check("no-store", None, Some(0));
        check("max-age=-1", None, None);
        check("max-age=99999999999999999999", None, None);
        check("public", None, None);
    }
}
