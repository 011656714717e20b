//! Where things are: listeners and the URLs they are known by.

use std::net::SocketAddr;

use reqwest::Url;

use super::section::{Noted, Section};

const EXPECTED: &str = "scheme, host and port alone, as in \"https://gateway.acme.example\"";
const ENDPOINT: &str = "the URL of an endpoint, as in \"http://127.0.0.1:9000/mcp\"";

/// Reads `listen`. Port 0 lets the operating system choose.
pub(super) fn listener(section: &mut Section<'_>, default: SocketAddr) -> Option<SocketAddr> {
    if !section.has("listen") {
        return Some(default);
    }
    section.parse("listen", "an address and a port, as in \"127.0.0.1:8700\"")
}

/// Reads a key that holds an origin: scheme, host and port, nothing after.
pub(super) fn origin(
    section: &mut Section<'_>,
    key: &'static str,
) -> Result<Option<String>, Noted> {
    if !section.has(key) {
        return Ok(None);
    }
    let text: String = section.find(key, EXPECTED).ok_or(Noted)?;
    check(section, key, &text).map(Some).ok_or(Noted)
}

/// The origin a text names, or nothing and a problem with the key it was read from.
pub(super) fn check(section: &mut Section<'_>, key: &'static str, text: &str) -> Option<String> {
    match origin_of(text) {
        Ok(origin) => Some(origin),
        Err(reason) => {
            section.refuse(key, format!("`{text}` {reason}"), format!("write {EXPECTED}"));
            None
        }
    }
}

/// The endpoint a text names: an origin and the path behind it, or nothing and a problem.
pub(super) fn endpoint(section: &mut Section<'_>, key: &'static str, text: &str) -> Option<String> {
    match endpoint_of(text) {
        Ok(endpoint) => Some(endpoint),
        Err(reason) => {
            section.refuse(key, format!("`{text}` {reason}"), format!("write {ENDPOINT}"));
            None
        }
    }
}

/// The path is forwarded as it is written, so it has one spelling: plain segments.
fn endpoint_of(text: &str) -> Result<String, &'static str> {
    let rest = text.split_once("://").map_or("", |(_, rest)| rest);
    let (authority, path) = rest.find('/').map_or((rest, ""), |at| rest.split_at(at));
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.~/".contains(&byte);
    let dots = path.split('/').any(|segment| matches!(segment, "." | ".."));
    if !path.bytes().all(plain) || path.contains("//") || dots {
        return Err("has a path that is not made of plain segments");
    }
    let scheme = text.split_once("://").map_or("", |(scheme, _)| scheme);
    let origin = origin_of(&format!("{scheme}://{authority}"))?;
    Ok(format!("{origin}{}", if path == "/" { "" } else { path }))
}

fn origin_of(text: &str) -> Result<String, &'static str> {
    let url = Url::parse(text).map_err(|_| "is not a URL")?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err("is neither http nor https");
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err("carries a user name or password");
    }
    if url.path() != "/" || url.query().is_some() || url.fragment().is_some() {
        return Err("has something after the host");
    }
    Ok(url.origin().ascii_serialization())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_endpoint_may_have_a_path_of_plain_segments() {
        for (text, expected) in [
            ("http://127.0.0.1:9000/mcp", Some("http://127.0.0.1:9000/mcp")),
            ("https://Acme.Example/v1/mcp/", Some("https://acme.example/v1/mcp/")),
            ("http://[::1]:9000", Some("http://[::1]:9000")),
            ("http://127.0.0.1:9000/", Some("http://127.0.0.1:9000")),
            ("127.0.0.1:9000/mcp", None),
            ("http://user@acme.example/mcp", None),
            ("http://acme.example/mcp?x=1", None),
            ("http://acme.example/mcp#x", None),
            ("http://acme.example/a%2Fb", None),
            ("http://acme.example/a//b", None),
            ("http://acme.example/../b", None),
            ("http://acme.example?x/y", None),
            ("ftp://acme.example/mcp", None),
        ] {
            assert_eq!(endpoint_of(text).ok().as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn an_origin_is_scheme_host_and_port_and_nothing_else() {
        for (text, expected) in [
            ("http://127.0.0.1:9000", Some("http://127.0.0.1:9000")),
            ("https://Acme.Example/", Some("https://acme.example")),
            ("https://acme.example:443", Some("https://acme.example")),
            ("http://[::1]:9000", Some("http://[::1]:9000")),
            ("", None),
            ("acme.example", None),
            ("ftp://acme.example", None),
            ("http://user:secret@acme.example", None),
            ("http://acme.example/v1", None),
            ("http://acme.example?x", None),
            ("http://acme.example#x", None),
        ] {
            assert_eq!(origin_of(text).ok().as_deref(), expected, "{text}");
        }
    }
}
