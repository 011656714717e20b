//! Whether a request was sent by a page of this authority.

use http::header::ORIGIN;
use http::{HeaderMap, HeaderValue};

use crate::authority::Authority;

/// Whether this authority's own page sent it. Browsers say so in `Sec-Fetch-Site` (Fetch Metadata,
/// section 2.3); those that do not, in `Origin`, which a page that tells no referrer sends as `null`
/// with a form (Fetch, section 3.2).
pub(crate) fn is_own(authority: &Authority, headers: &HeaderMap) -> bool {
    let issuer = authority.settings.issuer.as_bytes();
    let origin = headers.get(ORIGIN).map(HeaderValue::as_bytes);
    let from_here = origin == Some(issuer);
    match headers.get("sec-fetch-site").map(HeaderValue::as_bytes) {
        Some(site) => {
            site == b"same-origin" && (from_here || matches!(origin, None | Some(b"null")))
        }
        None => from_here,
    }
}
