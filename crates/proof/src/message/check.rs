//! What a signature must say beyond being valid: for how long, over what, and only once.

use bailiwick_domain::denial::Denial;
use bailiwick_domain::time::Timestamp;
use http::header::AUTHORIZATION;

use super::presented::Presented;
use super::request::Request;

/// How long a signature may be valid, and how far clocks may differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// The most seconds from `created` to `expires`.
    pub window_seconds: u32,
    /// How many seconds the signer's clock may be ahead or behind.
    pub skew_seconds: u32,
}

/// The fewest characters a nonce has.
const MIN_NONCE: usize = 16;
/// The most characters a nonce has.
const MAX_NONCE: usize = 128;

impl Presented {
    /// Holds `created` and `expires` against the present (RFC 9421, sections 2.3 and 7.2.2). Both
    /// are required, in order, and no further apart than the window.
    pub fn check_window(&self, now: Timestamp, window: &Window) -> Result<(), Denial> {
        let parameters = &self.input.parameters;
        let (Some(created), Some(expires)) = (parameters.created, parameters.expires) else {
            return Err(Denial::SignatureWindow);
        };
        let longest = i64::from(window.window_seconds);
        if expires <= created || expires.saturating_sub(created) > longest {
            return Err(Denial::SignatureWindow);
        }
        let skew = i64::from(window.skew_seconds);
        if now < Timestamp::from_seconds(created.saturating_sub(skew)) {
            return Err(Denial::SignatureNotYetValid);
        }
        if now > Timestamp::from_seconds(expires.saturating_add(skew)) {
            return Err(Denial::SignatureExpired);
        }
        Ok(())
    }

    /// Whether everything that decides what the request does is covered: `@method`; `@target-uri`,
    /// or `@authority` and `@path` and, when there is one, `@query`; `content-digest` when there is
    /// a body; `authorization` when that is sent (RFC 9421, sections 1.4 and 7.2.1).
    pub fn check_coverage(&self, request: &Request<'_>, has_body: bool) -> Result<(), Denial> {
        let whole = self.covers("@target-uri");
        let has_query = !whole && request.query.is_some();
        let has_authorization = request.headers.contains_key(AUTHORIZATION);
        let required = [
            (true, "@method"),
            (!whole, "@authority"),
            (!whole, "@path"),
            (has_query, "@query"),
            (has_body, "content-digest"),
            (has_authorization, "authorization"),
        ];
        let missing = required.into_iter().find(|(asked, name)| *asked && !self.covers(name));
        match missing {
            Some((_, missing)) => Err(Denial::SignatureCoverage { missing }),
            None => Ok(()),
        }
    }

    /// The nonce (RFC 9421, section 7.2.2): 16 to 128 printable characters. That it is spent only
    /// once is for the caller to see to, last of all checks.
    pub fn nonce(&self) -> Result<&str, Denial> {
        let nonce = self.input.parameters.nonce.as_deref();
        let fits = |nonce: &&str| (MIN_NONCE..=MAX_NONCE).contains(&nonce.len());
        nonce.filter(fits).ok_or(Denial::NonceMissing)
    }
}
