//! Whether a request was sent by a page of this authority.

use http::header::ORIGIN;
use http::{HeaderMap, HeaderValue};

use crate::authority::Authority;
use crate::people::party::Party;

/// Whether this authority's own page sent it. Browsers say so in `Sec-Fetch-Site` (Fetch Metadata,
/// section 2.3); those that do not, in `Origin`, which with a form of a page that tells no
/// referrer is `null` (Fetch, section 3.2).
pub(crate) fn is_own(authority: &Authority, headers: &HeaderMap) -> bool {
    let origin = headers.get(ORIGIN).map(HeaderValue::as_bytes);
    let named = Party::of(authority).map(|party| party.origin);
    let from_here = [Some(&authority.settings.issuer), named.as_ref()]
        .into_iter()
        .flatten()
        .any(|own| origin == Some(own.as_bytes()));
    match headers.get("sec-fetch-site").map(HeaderValue::as_bytes) {
        Some(site) => {
            site == b"same-origin" && (from_here || matches!(origin, None | Some(b"null")))
        }
        None => from_here,
    }
}
