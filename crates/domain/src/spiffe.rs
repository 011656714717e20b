//! SPIFFE IDs: names of workloads, each in the trust domain that vouches for it.

use std::fmt;
use std::str::FromStr;

/// The longest SPIFFE ID, in bytes (SPIFFE-ID, section 2.3).
pub const MAX_BYTES: usize = 2_048;
/// The longest name of a trust domain, in bytes (SPIFFE-ID, section 2.3).
pub const MAX_TRUST_DOMAIN_BYTES: usize = 255;
/// What every SPIFFE ID begins with.
const SCHEME: &str = "spiffe://";

/// `spiffe://<trust domain><path>`, in its one spelling: two of them name the same workload exactly
/// when they are equal as text.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SpiffeId {
    text: Box<str>,
    /// Where the path begins, in bytes.
    path_at: usize,
}

/// Why a text is not a SPIFFE ID.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotSpiffe {
    /// It is longer than [`MAX_BYTES`], or its trust domain than [`MAX_TRUST_DOMAIN_BYTES`].
    #[error("a SPIFFE ID has at most 2048 bytes, and its trust domain at most 255")]
    TooLong,
    /// It does not begin with `spiffe://`.
    #[error("a SPIFFE ID begins with spiffe://")]
    Scheme,
    /// Its trust domain is empty, or has a character that a trust domain has not: user and port
    /// are among them.
    #[error("a trust domain has small letters, digits, dots, dashes and underscores only")]
    TrustDomain,
    /// A segment of its path is empty, `.` or `..`, or has a character that a path has not: query,
    /// fragment and percent-encoding are among them.
    #[error(
        "a path has segments of letters, digits, dots, dashes and underscores, none empty, . or .."
    )]
    Path,
}

impl SpiffeId {
    /// Reads a SPIFFE ID (SPIFFE-ID, sections 2.1 to 2.4). The standard lets a reader take scheme
    /// and trust domain in capitals; here they are refused, so that one workload has one spelling.
    pub fn parse(text: &str) -> Result<Self, NotSpiffe> {
        if text.len() > MAX_BYTES {
            return Err(NotSpiffe::TooLong);
        }
        let rest = text.strip_prefix(SCHEME).ok_or(NotSpiffe::Scheme)?;
        let length = rest.find('/').unwrap_or(rest.len());
        let (trust_domain, path) = rest.split_at_checked(length).ok_or(NotSpiffe::TrustDomain)?;
        check_trust_domain(trust_domain)?;
        check_path(path)?;
        Ok(Self { text: text.into(), path_at: SCHEME.len() + length })
    }

    /// The name of the trust domain, such as `acme.example`.
    pub fn trust_domain(&self) -> &str {
        self.text.get(SCHEME.len()..self.path_at).unwrap_or_default()
    }

    /// The path with its leading `/`, such as `/ns/billing/sa/refunds`. Empty when the ID names the
    /// trust domain itself, which is no workload.
    pub fn path(&self) -> &str {
        self.text.get(self.path_at..).unwrap_or_default()
    }

    /// The whole ID.
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

impl fmt::Display for SpiffeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl FromStr for SpiffeId {
    type Err = NotSpiffe;

    fn from_str(text: &str) -> Result<Self, NotSpiffe> {
        Self::parse(text)
    }
}

fn check_trust_domain(name: &str) -> Result<(), NotSpiffe> {
    if name.len() > MAX_TRUST_DOMAIN_BYTES {
        return Err(NotSpiffe::TooLong);
    }
    let known = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'.' | b'-' | b'_');
    if name.is_empty() || !name.bytes().all(known) {
        return Err(NotSpiffe::TrustDomain);
    }
    Ok(())
}

fn check_path(path: &str) -> Result<(), NotSpiffe> {
    let Some(segments) = path.strip_prefix('/') else {
        return if path.is_empty() { Ok(()) } else { Err(NotSpiffe::Path) };
    };
    let known = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_');
    let named = |segment: &str| !matches!(segment, "" | "." | "..") && segment.bytes().all(known);
    if segments.split('/').all(named) { Ok(()) } else { Err(NotSpiffe::Path) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn check(text: &str, expected: Result<(&str, &str), NotSpiffe>) {
        let read = SpiffeId::parse(text);
        let parts = read.as_ref().map(|id| (id.trust_domain(), id.path()));
        assert_eq!(parts.map_err(|refused| *refused), expected, "{text}");
        assert_eq!(text.parse(), read);
    }

    #[test]
    fn an_id_has_a_trust_domain_and_a_path() {
        check("spiffe://acme.example", Ok(("acme.example", "")));
        check("spiffe://acme.example/billing", Ok(("acme.example", "/billing")));
        check("spiffe://a/ns/Staging/sa/x_y-z.1", Ok(("a", "/ns/Staging/sa/x_y-z.1")));
        check("spiffe://a_b-c.1/...", Ok(("a_b-c.1", "/...")));
        check("spiffe://10.0.0.1/.hidden", Ok(("10.0.0.1", "/.hidden")));
    }

    #[test]
    fn what_could_be_read_in_two_ways_is_refused() {
        for text in ["", "spiffe", "spiffe:/", "spiffe:/a/b", "https://a/b", "SPIFFE://a/b", "//a"]
        {
            check(text, Err(NotSpiffe::Scheme));
        }
        for text in ["", "/a", "A/b", "a:443/b", "u@a/b", "[::1]/b", "a%2e/b", "é/b", "a b", "a?b"]
        {
            check(&format!("spiffe://{text}"), Err(NotSpiffe::TrustDomain));
        }
        for path in ["/", "/a/", "/a//b", "//a", "/.", "/..", "/a/../b", "/a/./b"] {
            check(&format!("spiffe://a{path}"), Err(NotSpiffe::Path));
        }
        for path in ["/a%2fb", "/a?b", "/a#b", "/a?", "/a#", "/a b", "/é", "/a:b", "/a*", "/a\\b"]
        {
            check(&format!("spiffe://a{path}"), Err(NotSpiffe::Path));
        }
        check(" spiffe://a/b", Err(NotSpiffe::Scheme));
        check("spiffe://a/b\n", Err(NotSpiffe::Path));
    }

    #[test]
    fn an_id_is_bounded() {
        let of = |length: usize| format!("spiffe://a/{}", "b".repeat(length - 11));
        assert!(SpiffeId::parse(&of(2_048)).is_ok());
        check(&of(2_049), Err(NotSpiffe::TooLong));
        assert!(SpiffeId::parse(&format!("spiffe://{}/b", "a".repeat(255))).is_ok());
        check(&format!("spiffe://{}/b", "a".repeat(256)), Err(NotSpiffe::TooLong));
    }

    proptest! {
        #[test]
        fn what_is_read_is_what_was_written(text in "(spiffe://)?[a-zA-Z0-9./_%:@?#-]{0,24}") {
            if let Ok(id) = SpiffeId::parse(&text) {
                prop_assert_eq!(id.to_string(), text.clone());
                prop_assert_eq!(id.as_str(), text.as_str());
                prop_assert_eq!(format!("spiffe://{}{}", id.trust_domain(), id.path()), text);
            }
        }
    }
}
