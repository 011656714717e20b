//! Redirect URIs: where a person's browser is sent with the answer to an authorization request.

use std::fmt;
use std::str::FromStr;

/// The longest redirect URI, in bytes.
const LONGEST: usize = 1_024;
/// What no URI holds as it is (RFC 3986, section 2), and a backslash, which browsers take for a
/// slash.
const FORBIDDEN: [char; 10] = ['#', '\\', '"', '<', '>', '^', '`', '{', '|', '}'];

/// A redirect URI in the one spelling that is compared: `https`; `http` on this machine alone
/// (RFC 8252, section 7.3); or an app's own scheme, which has a dot (RFC 8252, section 7.1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RedirectUri {
    text: Box<str>,
    /// Where the host ends; none for an app's own scheme.
    place: Option<Place>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Place {
    secure: bool,
    /// From where to where the host reaches.
    host: (usize, usize),
    /// Where the path begins.
    tail: usize,
}

/// Why a text is not a redirect URI.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotARedirect {
    /// Too long, or with a character, fragment or escape that none has.
    #[error("a redirect URI is an absolute URI of at most {LONGEST} bytes, without a fragment")]
    Malformed,
    /// A user, an upper-case host, a port that is none.
    #[error("the host of a redirect URI is a lower-case name or an address, with no user")]
    Host,
    /// Plain HTTP to somewhere else.
    #[error("plain http leads to 127.0.0.1, [::1] or localhost only (RFC 8252, section 7.3)")]
    Plaintext,
    /// A scheme that is no app's own.
    #[error("an app's own scheme is a reversed domain name, with a dot (RFC 8252, section 7.1)")]
    Scheme,
    /// A segment that leads elsewhere.
    #[error("the path of a redirect URI has no `.` or `..`")]
    Dots,
}

impl RedirectUri {
    /// The URI as text.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether a client that registered this one may be answered at the other: the very same
    /// (RFC 9700, section 2.1), but for the port on this machine (RFC 8252, section 7.3).
    pub fn admits(&self, other: &Self) -> bool {
        match (self.place, other.place) {
            (Some(own), Some(place)) if self.is_loopback() => {
                !place.secure
                    && self.host() == other.host()
                    && self.text.get(own.tail..) == other.text.get(place.tail..)
            }
            _ => self.text == other.text,
        }
    }

    /// Whether it leads to this machine, over plain HTTP.
    pub fn is_loopback(&self) -> bool {
        self.place.is_some_and(|place| !place.secure)
    }

    /// Where it leads, for people to read: the host, or the app's scheme.
    pub fn host(&self) -> &str {
        let scheme = || self.text.split(':').next().unwrap_or_default();
        self.place.and_then(|it| self.text.get(it.host.0..it.host.1)).unwrap_or_else(scheme)
    }

    /// Scheme, host and port; an app's scheme with its colon.
    pub fn origin(&self) -> String {
        match self.place {
            Some(place) => self.text.get(..place.tail).unwrap_or_default().to_owned(),
            None => format!("{}:", self.host()),
        }
    }

    /// The URI with these parameters added to its query (RFC 6749, section 4.1.2).
    pub fn with(&self, parameters: &str) -> String {
        let separator = if self.text.contains('?') { '&' } else { '?' };
        format!("{}{separator}{parameters}", self.text)
    }
}

impl fmt::Display for RedirectUri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl FromStr for RedirectUri {
    type Err = NotARedirect;

    fn from_str(text: &str) -> Result<Self, NotARedirect> {
        let plain = text.bytes().all(|byte| byte.is_ascii_graphic()) && !text.contains(FORBIDDEN);
        if text.len() > LONGEST || !plain || !escapes_are_whole(text) {
            return Err(NotARedirect::Malformed);
        }
        let (scheme, rest) = text.split_once(':').ok_or(NotARedirect::Malformed)?;
        let place = match scheme {
            "https" | "http" => Some(place(scheme, rest)?),
            _ => {
                check_scheme(scheme, rest)?;
                None
            }
        };
        let path = text.get(place.map_or(scheme.len(), |it| it.tail)..).unwrap_or_default();
        let path = path.split('?').next().unwrap_or_default().to_ascii_lowercase();
        let dotted = |segment: &str| matches!(&*segment.replace("%2e", "."), "." | "..");
        if path.replace("%2f", "/").split('/').any(dotted) {
            return Err(NotARedirect::Dots);
        }
        Ok(Self { text: text.into(), place })
    }
}

fn escapes_are_whole(text: &str) -> bool {
    let hex = |rest: &str| rest.bytes().take(2).filter(u8::is_ascii_hexdigit).count() == 2;
    text.split('%').skip(1).all(hex)
}

fn place(scheme: &str, rest: &str) -> Result<Place, NotARedirect> {
    let rest = rest.strip_prefix("//").ok_or(NotARedirect::Malformed)?;
    let end = rest.find(['/', '?']).unwrap_or(rest.len());
    let authority = rest.get(..end).unwrap_or_default();
    let split = match authority.rfind(']') {
        Some(bracket) => bracket + 1,
        None => authority.find(':').unwrap_or(authority.len()),
    };
    let (host, port) = authority.split_at_checked(split).ok_or(NotARedirect::Host)?;
    let plain = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.');
    let named = !host.is_empty() && host.bytes().all(plain);
    let literal = host.strip_prefix('[').and_then(|it| it.strip_suffix(']'));
    let addressed = literal.is_some_and(|it| it.parse::<std::net::Ipv6Addr>().is_ok());
    let numbered = port.strip_prefix(':').and_then(|it| it.parse::<u16>().ok());
    if !(named || addressed) || !(port.is_empty() || numbered.is_some_and(|it| it > 0)) {
        return Err(NotARedirect::Host);
    }
    let secure = scheme == "https";
    if !secure && !matches!(host, "127.0.0.1" | "[::1]" | "localhost") {
        return Err(NotARedirect::Plaintext);
    }
    let from = scheme.len() + "://".len();
    Ok(Place { secure, host: (from, from + host.len()), tail: from + end })
}

fn check_scheme(scheme: &str, rest: &str) -> Result<(), NotARedirect> {
    let plain = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'+');
    let lettered = scheme.starts_with(|first: char| first.is_ascii_lowercase());
    let labelled = scheme.contains('.') && scheme.split('.').all(|label| !label.is_empty());
    if !lettered || !labelled || !scheme.bytes().all(plain) {
        return Err(NotARedirect::Scheme);
    }
    if rest.starts_with('/') { Ok(()) } else { Err(NotARedirect::Malformed) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn uri(text: &str) -> RedirectUri {
        text.parse().unwrap()
    }

    fn check(registered: &str, presented: &str, admitted: bool) {
        let found = presented.parse().is_ok_and(|other| uri(registered).admits(&other));
        assert_eq!(found, admitted, "{registered} and {presented}");
    }

    #[test]
    fn where_an_answer_may_go_is_read() {
        for (text, host, origin) in [
            ("https://app.example/cb", "app.example", "https://app.example"),
            ("https://app.example:8443/cb?a=b", "app.example", "https://app.example:8443"),
            ("https://app.example", "app.example", "https://app.example"),
            ("http://127.0.0.1:9/cb", "127.0.0.1", "http://127.0.0.1:9"),
            ("http://[::1]/cb", "[::1]", "http://[::1]"),
            ("http://localhost:1/cb", "localhost", "http://localhost:1"),
            ("com.example.app:/cb", "com.example.app", "com.example.app:"),
        ] {
            assert_eq!((uri(text).host(), uri(text).origin().as_str()), (host, origin), "{text}");
        }
        assert_eq!(uri("https://a.example/cb").with("code=x"), "https://a.example/cb?code=x");
        assert_eq!(uri("https://a.example/?x=1").with("code=x"), "https://a.example/?x=1&code=x");
    }

    /// RFC 9700, section 4.1: what merely looks like a registered URI leads to somebody else.
    #[test]
    fn only_the_very_uri_that_was_registered_is_answered() {
        let registered = "https://app.example/cb";
        check(registered, registered, true);
        for presented in [
            "https://app.example/cb/",
            "https://app.example/cb/evil",
            "https://app.example/cb?x=1",
            "https://app.example.evil.test/cb",
            "https://evil.test/app.example/cb",
            "https://app.example:444/cb",
            "https://app.example:443/cb",
            "https://app.example@evil.test/cb",
            "https://user@app.example/cb",
            "https://app.example/cb#",
            "https://app.example/cb#x",
            "https://app.example/x/../cb",
            "https://app.example/cb/..%2f..%2fevil",
            "https://app.example/%63b",
            "https://app.example/cb%",
            "https://app.example\\.evil.test/cb",
            "https://APP.example/cb",
            "http://app.example/cb",
            "//app.example/cb",
            "https:app.example/cb",
            "javascript://app.example/cb",
            "",
        ] {
            check(registered, presented, false);
        }
    }

    #[test]
    fn the_port_alone_is_free_and_on_this_machine_alone() {
        for registered in ["http://127.0.0.1/cb", "http://127.0.0.1:7/cb"] {
            check(registered, "http://127.0.0.1:55555/cb", true);
            check(registered, "http://127.0.0.1/cb", true);
            for presented in [
                "http://127.0.0.1:55555/cb2",
                "http://localhost:55555/cb",
                "http://[::1]:55555/cb",
                "https://127.0.0.1:55555/cb",
                "http://127.0.0.1:0/cb",
                "http://127.0.0.1:99999/cb",
                "http://127.0.0.1:1@evil.test/cb",
                "http://127.0.0.1.evil.test/cb",
            ] {
                check(registered, presented, false);
            }
        }
        check("com.example.app:/cb", "com.example.app:/cb", true);
        check("com.example.app:/cb", "com.example.app:/cb2", false);
    }

    #[test]
    fn what_leads_nowhere_safe_is_refused() {
        for (text, why) in [
            ("http://app.example/cb", NotARedirect::Plaintext),
            ("javascript:alert(1)", NotARedirect::Scheme),
            ("data:text/html,x", NotARedirect::Scheme),
            ("myapp:/cb", NotARedirect::Scheme),
            ("com.example.:/cb", NotARedirect::Scheme),
            ("com.example.app:cb", NotARedirect::Malformed),
            ("https://app.example/cb\n", NotARedirect::Malformed),
            ("https://app.example/\u{e9}", NotARedirect::Malformed),
            ("https:///cb", NotARedirect::Host),
            ("https://app.example:/cb", NotARedirect::Host),
            ("https://[::g]/cb", NotARedirect::Host),
            ("https://app.example/a/./b", NotARedirect::Dots),
            ("https://app.example/a/%2E%2e/b", NotARedirect::Dots),
            ("/cb", NotARedirect::Malformed),
        ] {
            assert_eq!(text.parse::<RedirectUri>(), Err(why), "{text}");
        }
        let long = format!("https://app.example/{}", "a".repeat(LONGEST));
        assert_eq!(long.parse::<RedirectUri>(), Err(NotARedirect::Malformed));
    }
}
