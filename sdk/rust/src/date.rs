//! Instants as HTTP writes them.

use std::time::UNIX_EPOCH;

use bailiwick_domain::time::Timestamp;

/// Reads one, in any of its forms (RFC 9110, section 5.6.7).
pub(crate) fn read(text: &str) -> Option<Timestamp> {
    let since = httpdate::parse_http_date(text).ok()?.duration_since(UNIX_EPOCH).ok()?;
    i64::try_from(since.as_millis()).ok().map(Timestamp::from_millis)
}
