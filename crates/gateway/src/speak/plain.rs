//! What a message of a protocol is declared as.

use http::header::{CONTENT_ENCODING, CONTENT_TYPE};
use http::{HeaderMap, HeaderValue};

/// Whether a body is declared as one of these types of JSON, in UTF-8 (RFC 8259, section 8.1), and
/// is sent as it is.
pub fn is_json(headers: &HeaderMap, types: &[&str]) -> bool {
    let declared = headers.get(CONTENT_TYPE).and_then(|it| it.to_str().ok()).unwrap_or_default();
    let mut parts = declared.split(';').map(str::trim);
    let known = |it: &str| types.iter().any(|known| known.eq_ignore_ascii_case(it));
    let is_json = parts.next().is_some_and(known);
    let is_utf8 = parts.all(|parameter| match parameter.split_once('=') {
        Some((name, value)) if name.trim().eq_ignore_ascii_case("charset") => {
            value.trim().trim_matches('"').eq_ignore_ascii_case("utf-8")
        }
        _ => true,
    });
    let plain = |value: &HeaderValue| value.as_bytes().eq_ignore_ascii_case(b"identity");
    let once = headers.get_all(CONTENT_TYPE).iter().nth(1).is_none();
    is_json && is_utf8 && once && headers.get_all(CONTENT_ENCODING).iter().all(plain)
}
