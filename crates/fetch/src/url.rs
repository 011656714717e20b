//! Where something is fetched from.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

use http::Uri;

use crate::unfetched::Unfetched;

/// The longest URL, in bytes.
const MAX_BYTES: usize = 2048;
const TOO_LONG: &str = "it is longer than 2048 bytes";

/// An absolute `https` or `http` URL in one spelling: lower-case host, no default port, no user, no
/// fragment. Two that are equal ask the same question of the same server.
///
/// Stricter than RFC 3986: hosts are names in ASCII or IP literals in their usual form; the forms
/// of IPv4 that some resolvers read as well (`127.1`, `0x7f000001`) are refused.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Url {
    secure: bool,
    host: Box<str>,
    port: u16,
    target: Box<str>,
}

impl FromStr for Url {
    type Err = Unfetched;

    fn from_str(text: &str) -> Result<Self, Unfetched> {
        let refuse = |reason| Err(Unfetched::NotAUrl(reason));
        if text.len() > MAX_BYTES {
            return refuse(TOO_LONG);
        }
        if !text.bytes().all(|byte| byte.is_ascii_graphic()) || text.contains(['#', '\\']) {
            return refuse("it contains a character that no URL sent to a server has");
        }
        let uri: Uri = text.parse().map_err(|_| Unfetched::NotAUrl("it is not absolute"))?;
        let secure = match uri.scheme_str() {
            Some("https") => true,
            Some("http") => false,
            _ => return refuse("it is neither https nor http"),
        };
        let Some(authority) = uri.authority() else { return refuse("it names no server") };
        if authority.as_str().contains('@') {
            return refuse("it names a user");
        }
        let Some(host) = spell(&authority.host().to_ascii_lowercase()) else {
            return refuse("its host is neither a name nor an address");
        };
        let after = authority.as_str().get(authority.host().len()..).unwrap_or_default();
        let port = match (after, authority.port_u16()) {
            ("", _) => default_port(secure),
            (_, Some(port)) if port > 0 => port,
            _ => return refuse("its port is not a number"),
        };
        let target = uri.path_and_query().map_or("/", |it| it.as_str());
        let slash = if target.starts_with('/') { "" } else { "/" };
        let target = format!("{slash}{target}").into();
        let url = Self { secure, host: host.into(), port, target };
        if url.to_string().len() > MAX_BYTES { refuse(TOO_LONG) } else { Ok(url) }
    }
}

const fn default_port(secure: bool) -> u16 {
    if secure { 443 } else { 80 }
}

/// The host in its one spelling, if it is one.
fn spell(host: &str) -> Option<String> {
    if let Some(literal) = host.strip_prefix('[').and_then(|it| it.strip_suffix(']')) {
        return literal.parse::<Ipv6Addr>().ok().map(|address| format!("[{address}]"));
    }
    let labels = || host.split('.');
    let is_label = |label: &str| {
        let fits = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
        !label.is_empty() && label.len() <= 63 && label.bytes().all(fits)
    };
    // A name whose last label begins with a digit is an address or nothing: WHATWG URL, section
    // 3.5 ("ends in a number"), and RFC 3696, section 2.
    let last = labels().next_back().unwrap_or_default();
    let named = !last.starts_with(|it: char| it.is_ascii_digit());
    let is_host = host.len() <= 253 && labels().all(is_label);
    (is_host && (named || host.parse::<Ipv4Addr>().is_ok())).then(|| host.to_owned())
}

impl Url {
    /// Whether it is https.
    pub fn is_secure(&self) -> bool {
        self.secure
    }

    /// The host: a name, or an address (IPv6 without its brackets).
    pub fn host(&self) -> &str {
        self.host.trim_start_matches('[').trim_end_matches(']')
    }

    /// The host as an address, when it is written as one.
    pub fn address(&self) -> Option<IpAddr> {
        self.host().parse().ok()
    }

    /// The port, given or implied.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Path and query, as they are sent.
    pub fn target(&self) -> &str {
        &self.target
    }

    /// Host and port, as the field `Host` has them: the port only when it is not the default.
    pub fn authority(&self) -> String {
        if self.port == default_port(self.secure) {
            self.host.to_string()
        } else {
            format!("{}:{}", self.host, self.port)
        }
    }

    /// The same server with another path, which begins with `/`.
    pub(crate) fn at(&self, path: &'static str) -> Self {
        Self { target: path.into(), ..self.clone() }
    }
}

impl fmt::Display for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = if self.secure { "https" } else { "http" };
        write!(f, "{scheme}://{}{}", self.authority(), self.target)
    }
}

/// Without path and query, which may hold an operator's key to the service.
impl fmt::Debug for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Url({})", self.authority())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: Option<&str>) {
        let read = text.parse::<Url>().ok().map(|url| url.to_string());
        assert_eq!(read.as_deref(), expected, "{text}");
    }

    #[test]
    fn a_url_has_one_spelling() {
        check("https://Keys.Example", Some("https://keys.example/"));
        check("HTTPS://keys.example:443/a?b=c", Some("https://keys.example/a?b=c"));
        check("https://keys.example:8443/a", Some("https://keys.example:8443/a"));
        check("http://127.0.0.1:80/", Some("http://127.0.0.1/"));
        check("http://[::1]:8080/x", Some("http://[::1]:8080/x"));
        check("http://[0:0::FFFF:1.2.3.4]", Some("http://[::ffff:1.2.3.4]/"));
        check("https://xn--bcher-kva.example/", Some("https://xn--bcher-kva.example/"));
        check("https://a_b.example?x", Some("https://a_b.example/?x"));
    }

    #[test]
    fn what_two_readers_would_read_differently_is_refused() {
        for text in [
            "",
            "keys.example",
            "/path",
            "ftp://keys.example/",
            "file:///etc/passwd",
            "https://user@keys.example/",
            "https://user:pass@keys.example/",
            "https://keys.example/#part",
            "https://keys.example\\@other.example/",
            "https://keys.example/a b",
            "https://bücher.example/",
            "https://keys.example./",
            "https://.example/",
            "https://keys..example/",
            "https://keys.example:/",
            "https://keys.example:0/",
            "https://keys.example:65536/",
            "https://127.1/",
            "https://2130706433/",
            "https://0x7f000001/",
            "https://0177.0.0.1/",
            "https://1.2.3.256/",
            "https://[::1/",
            "https://[fe80::1%25eth0]/",
            "https://[127.0.0.1]/",
        ] {
            check(text, None);
        }
        let of = |bytes: usize| format!("https://a.example?{}", "a".repeat(bytes - 18));
        assert!(of(2047).parse::<Url>().is_ok());
        check(&of(2048), None);
        check(&of(9999), None);
    }

    #[test]
    fn its_path_is_not_printed_for_debugging() {
        let url: Url = "https://node.example/v3/secret".parse().unwrap();
        assert_eq!(format!("{url:?}"), "Url(node.example)");
    }
}
