//! The request target, in the one form that is matched, verified and forwarded.
//!
//! Nothing is rewritten: a path that another party could read as a different path is refused, so
//! that the agent's signature, the operation's template and the upstream all see the same bytes.

use bailiwick_domain::denial::Denial;
use http::uri::PathAndQuery;

/// The longest target accepted, in bytes.
pub const MAX_BYTES: usize = 8 * 1024;

/// An absolute path and an optional query, checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target(PathAndQuery);

impl Target {
    /// Reads a target, like [`Target::check`]. A fragment, which [`PathAndQuery`] would drop, is
    /// refused.
    pub fn parse(text: &str) -> Result<Self, Denial> {
        if text.contains('#') {
            return Err(Denial::RequestMalformed("the target has a fragment"));
        }
        let unreadable = |_| Denial::RequestMalformed("the target cannot be read");
        Self::check(text.parse().map_err(unreadable)?)
    }

    /// Checks a target in origin form (RFC 9112, section 3.2.1).
    ///
    /// Refused, in the path: anything that does not begin with `/`; empty, `.` and `..` segments
    /// (RFC 3986, section 5.2.4), except an empty last one; an encoded slash or backslash, a raw
    /// backslash; an encoded unreserved character (section 6.2.2.2: the plain one is its only
    /// spelling); an encoded percent sign before two digits (double encoding); broken encodings,
    /// controls and characters outside `pchar` (section 3.3). In the query: broken encodings and
    /// characters outside `query` (section 3.4).
    pub fn check(target: PathAndQuery) -> Result<Self, Denial> {
        if target.as_str().len() > MAX_BYTES {
            return Err(Denial::RequestMalformed("the target is longer than 8 KiB"));
        }
        if !target.as_str().starts_with('/') {
            return Err(Denial::RequestMalformed("the target does not begin with `/`"));
        }
        check_path(target.path())?;
        if let Some(query) = target.query() {
            check_characters(query, b"/?[]|^`{}\"<>\\")?;
        }
        Ok(Self(target))
    }

    /// The path, with its leading slash.
    pub fn path(&self) -> &str {
        self.0.path()
    }

    /// Path and query together.
    pub fn path_and_query(&self) -> &PathAndQuery {
        &self.0
    }

    /// The query without its question mark, if there is one.
    pub fn query(&self) -> Option<&str> {
        self.0.query()
    }
}

fn check_path(path: &str) -> Result<(), Denial> {
    let mut segments = path.split('/').skip(1).peekable();
    while let Some(segment) = segments.next() {
        let last = segments.peek().is_none();
        match segment {
            "." | ".." => return Err(Denial::RequestMalformed("the path has a dot segment")),
            "" if !last => return Err(Denial::RequestMalformed("the path has an empty segment")),
            _ => check_characters(segment, b"")?,
        }
        check_encodings(segment)?;
    }
    Ok(())
}

/// Every byte is a `pchar` or one of `also`, and every `%` begins an encoding.
fn check_characters(text: &str, also: &[u8]) -> Result<(), Denial> {
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        let fine = match byte {
            b'%' => hex(bytes.next()).and(hex(bytes.next())).is_some(),
            _ => is_unreserved(byte) || b"!$&'()*+,;=:@".contains(&byte) || also.contains(&byte),
        };
        if !fine {
            return Err(Denial::RequestMalformed(
                "the target has a character or encoding that is not allowed",
            ));
        }
    }
    Ok(())
}

/// No encoding spells a character that has, or could be taken for, another spelling.
fn check_encodings(segment: &str) -> Result<(), Denial> {
    let mut rest = segment;
    while let Some((_, encoded)) = rest.split_once('%') {
        let mut bytes = encoded.bytes();
        let (Some(high), Some(low)) = (hex(bytes.next()), hex(bytes.next())) else {
            return Err(Denial::RequestMalformed("the path has a broken encoding"));
        };
        let decoded = high * 16 + low;
        let doubled = decoded == b'%' && hex(bytes.next()).and(hex(bytes.next())).is_some();
        if decoded == b'/' || decoded == b'\\' {
            return Err(Denial::RequestMalformed("the path has an encoded slash or backslash"));
        }
        if doubled {
            return Err(Denial::RequestMalformed("the path is encoded twice"));
        }
        if is_unreserved(decoded) {
            return Err(Denial::RequestMalformed("the path encodes a character that needs none"));
        }
        if decoded < b' ' || decoded == 0x7f {
            return Err(Denial::RequestMalformed("the path has a control character"));
        }
        rest = encoded;
    }
    Ok(())
}

fn is_unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~".contains(&byte)
}

fn hex(byte: Option<u8>) -> Option<u8> {
    char::from(byte?).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn check(text: &str, expected: Option<(&str, Option<&str>)>) {
        let target = Target::parse(text);
        let parts = target.as_ref().ok().map(|target| (target.path(), target.query()));
        assert_eq!(parts, expected, "{text}: {target:?}");
    }

    #[test]
    fn a_plain_target_is_kept_as_it_is() {
        check("/", Some(("/", None)));
        check("/tickets/7?view=full&x=%2F", Some(("/tickets/7", Some("view=full&x=%2F"))));
        check("/tickets/", Some(("/tickets/", None)));
        check("/a%20b/%C3%A9/%c3%a9", Some(("/a%20b/%C3%A9/%c3%a9", None)));
        check("/100%25", Some(("/100%25", None)));
        check("/x?", Some(("/x", Some(""))));
        check("/~a/b:c@d,e;f=1", Some(("/~a/b:c@d,e;f=1", None)));
    }

    #[test]
    fn what_could_be_read_in_two_ways_is_refused() {
        for text in [
            "",
            "tickets",
            "*",
            "http://a/b",
            "//tickets",
            "/a//b",
            "/.",
            "/..",
            "/a/../b",
            "/a/./b",
            "/a/%2e%2e/b",
            "/a/.%2E/b",
            "/a%2Fb",
            "/a%2fb",
            "/a%5Cb",
            "/a\\b",
            "/%61dmin",
            "/a%252Fb",
            "/a%2",
            "/a%",
            "/a%zz",
            "/a%00b",
            "/a%0d%0ab",
            "/a b",
            "/é",
            "/a#b",
            "/a\u{7f}",
            "/a?x=%zz",
            "/a?x=é",
            "/a?x= y",
            "/a?x=%2",
        ] {
            check(text, None);
        }
        check(&format!("/{}", "a".repeat(MAX_BYTES)), None);
    }

    proptest! {
        #[test]
        fn what_is_accepted_is_kept_to_the_byte(text in "/[a-z./%0-9?&=A-F]{0,40}") {
            if let Ok(target) = Target::parse(&text) {
                let query = target.query().map(|query| format!("?{query}")).unwrap_or_default();
                prop_assert_eq!(format!("{}{query}", target.path()), text);
            }
        }
    }
}
