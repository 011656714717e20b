//! Messages that do not go on byte for byte: what is asked of the upstream so that its answers can
//! be read, and what of a head would then be untrue.

use http::header::{
    ACCEPT_ENCODING, ACCEPT_RANGES, CONTENT_LENGTH, ETAG, HeaderName, IF_RANGE, RANGE,
};
use http::{HeaderMap, HeaderValue};

/// What describes the bytes of a body, and no longer does when some are others.
const OF_BYTES: [HeaderName; 7] = [
    CONTENT_LENGTH,
    ETAG,
    ACCEPT_RANGES,
    HeaderName::from_static("content-digest"),
    HeaderName::from_static("repr-digest"),
    HeaderName::from_static("digest"),
    HeaderName::from_static("content-md5"),
];

/// Asks for all of an answer, as it is.
pub(crate) fn ask_for_plain(headers: &mut HeaderMap) {
    headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
    headers.remove(RANGE);
    headers.remove(IF_RANGE);
}

/// Takes out of a head what is only true of the bytes that came.
pub(crate) fn forget_bytes(headers: &mut HeaderMap) {
    for name in &OF_BYTES {
        headers.remove(name);
    }
}
