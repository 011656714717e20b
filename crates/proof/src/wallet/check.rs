//! What a wallet's signature must say beyond being valid.

use bailiwick_domain::time::Timestamp;
use http::HeaderMap;
use http::header::{AUTHORIZATION, CONTENT_TYPE};

use super::account::Generation;
use super::presented::Presented;
use super::refused::Refused;
use crate::digest::{CONTENT_DIGEST, Expected};
use crate::message::{Request, Window};

impl Presented {
    /// Holds `created` and `expires` against the present and the window (ERC-8128, section 3.3.2).
    /// Both ends, with the skew, are still inside.
    pub fn check_window(&self, now: Timestamp, window: &Window) -> Result<(), Refused> {
        if self.expires.saturating_sub(self.created) > i64::from(window.window_seconds) {
            return Err(Refused::RequestValidityTooLong);
        }
        let skew = i64::from(window.skew_seconds);
        if now < Timestamp::from_seconds(self.created.saturating_sub(skew)) {
            return Err(Refused::RequestNotYetValid);
        }
        if now > Timestamp::from_seconds(self.expires.saturating_add(skew)) {
            return Err(Refused::RequestExpired);
        }
        Ok(())
    }

    /// Whether the signature binds this one request (ERC-8128, section 3.1.1): the components of
    /// its generation, and `authorization` when that is sent.
    pub fn check_coverage(&self, request: &Request<'_>, has_body: bool) -> Result<(), Refused> {
        if has_body && !request.headers.contains_key(CONTENT_DIGEST) {
            return Err(Refused::ContentDigestRequired);
        }
        let required = components(self.generation(), request);
        match required.into_iter().find(|name| !self.covers(name)) {
            Some(missing) => Err(Refused::InsufficientCoverage { missing }),
            None => Ok(()),
        }
    }
}

/// What a signature over this request has to cover, in the order in which clients send it. The
/// second generation covers the query even where there is none, so that none can be added.
pub(super) fn components(generation: Generation, request: &Request<'_>) -> Vec<&'static str> {
    let has = |name| request.headers.contains_key(name);
    let mut required = match generation {
        Generation::One => vec!["@authority", "@method", "@path"],
        Generation::Two => vec!["@scheme", "@authority", "@method", "@path"],
    };
    let second = generation == Generation::Two;
    required.extend((second || request.query.is_some()).then_some("@query"));
    required.extend(has(CONTENT_DIGEST).then_some("content-digest"));
    required.extend((second && has(CONTENT_TYPE)).then_some("content-type"));
    required.extend(has(AUTHORIZATION).then_some("authorization"));
    required
}

/// The digests a request promises (ERC-8128, section 3.1.3). A field that cannot be read, or that
/// has no algorithm used here, is a bad digest and not an absent one.
pub fn expected_digest(headers: &HeaderMap) -> Result<Option<Expected>, Refused> {
    let expected = Expected::find(headers).map_err(|_| Refused::BadContentDigest)?;
    if expected.is_none() && headers.contains_key(CONTENT_DIGEST) {
        return Err(Refused::BadContentDigest);
    }
    Ok(expected)
}
