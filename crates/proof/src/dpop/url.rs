//! The URL a proof is for, in its normal form: without query and fragment, and with all that may be
//! spelled in several ways spelled in one (RFC 9449, section 4.3; RFC 3986, sections 6.2.2 and
//! 6.2.3).

use crate::message::authority;

/// The longest URL read, in bytes.
const MAX_BYTES: usize = 8 * 1024;

/// The normal form of an absolute `http` or `https` URL: scheme and host in small letters, no port
/// that the scheme implies, no user, `%` only where it has to be and with capital digits, no dot
/// segments, no query and no fragment.
pub(super) fn normalize(url: &str) -> Option<String> {
    let printable = |byte: u8| matches!(byte, b'!'..=b'~') && byte != b'\\';
    if url.len() > MAX_BYTES || !url.bytes().all(printable) {
        return None;
    }
    let (url, _) = url.split_once(['?', '#']).unwrap_or((url, ""));
    let (scheme, rest) = url.split_once("://")?;
    let scheme = scheme.to_ascii_lowercase();
    if !matches!(scheme.as_str(), "http" | "https") {
        return None;
    }
    let (host, path) =
        rest.find('/').and_then(|at| rest.split_at_checked(at)).unwrap_or((rest, "/"));
    if !is_host_and_port(host) {
        return None;
    }
    let mut normal = format!("{scheme}://").into_bytes();
    authority::write(&scheme, host, &mut normal);
    normal.extend(without_dot_segments(&decode_unreserved(path)?));
    String::from_utf8(normal).ok()
}

/// A name or an address, bracketed where it is of IPv6, and a port of digits only (RFC 3986,
/// section 3.2). There is no user, and nothing is encoded.
fn is_host_and_port(text: &str) -> bool {
    let (name, known, rest) = match text.strip_prefix('[') {
        None => {
            let (name, rest) = text.find(':').map_or((text, ""), |at| text.split_at(at));
            (name, b"-._~".as_slice(), rest)
        }
        Some(inner) => match inner.split_once(']') {
            None => return false,
            Some((name, rest)) => (name, b":.".as_slice(), rest),
        },
    };
    let port = rest.strip_prefix(':').unwrap_or(rest);
    let bare = rest.is_empty() || rest.starts_with(':');
    let named = |byte: u8| byte.is_ascii_alphanumeric() || known.contains(&byte);
    bare && !name.is_empty()
        && name.bytes().all(named)
        && port.bytes().all(|it| it.is_ascii_digit())
}

/// Decodes what need not be encoded, and writes the digits of all else in capitals (RFC 3986,
/// sections 6.2.2.1 and 6.2.2.2).
fn decode_unreserved(path: &str) -> Option<Vec<u8>> {
    let mut decoded = Vec::with_capacity(path.len());
    let mut bytes = path.bytes();
    while let Some(byte) = bytes.next() {
        if byte != b'%' {
            decoded.push(byte);
            continue;
        }
        let (high, low) = (bytes.next()?, bytes.next()?);
        let value = digit(high)?.wrapping_shl(4) | digit(low)?;
        if value.is_ascii_alphanumeric() || b"-._~".contains(&value) {
            decoded.push(value);
        } else {
            decoded.extend([b'%', high.to_ascii_uppercase(), low.to_ascii_uppercase()]);
        }
    }
    Some(decoded)
}

fn digit(byte: u8) -> Option<u8> {
    u8::try_from(char::from(byte).to_digit(16)?).ok()
}

/// Follows `.` and `..` (RFC 3986, section 5.2.4); the path begins with `/`.
fn without_dot_segments(path: &[u8]) -> Vec<u8> {
    let mut kept: Vec<&[u8]> = Vec::new();
    let mut segments = path.split(|byte| *byte == b'/').skip(1).peekable();
    while let Some(segment) = segments.next() {
        let dots = matches!(segment, b"." | b"..");
        if segment == b".." {
            kept.pop();
        }
        if !dots {
            kept.push(segment);
        } else if segments.peek().is_none() {
            kept.push(b"");
        }
    }
    kept.iter().flat_map(|segment| [b"/", *segment].concat()).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn check(url: &str, expected: Option<&str>) {
        assert_eq!(normalize(url).as_deref(), expected, "{url}");
    }

    #[test]
    fn a_url_has_one_normal_form() {
        check("https://a.example/token", Some("https://a.example/token"));
        check("HTTPS://A.Example:443/token", Some("https://a.example/token"));
        check("http://a.example:80", Some("http://a.example/"));
        check("https://a.example:/", Some("https://a.example/"));
        check("https://a.example:80/", Some("https://a.example:80/"));
        check("https://a.example", Some("https://a.example/"));
        check("https://a.example?x=1", Some("https://a.example/"));
        check("https://a.example/a?x=/..#y", Some("https://a.example/a"));
        check("https://a.example/a#x?y", Some("https://a.example/a"));
        check("https://a/%7euser/%2f%c3%a4", Some("https://a/~user/%2F%C3%A4"));
        check("https://a/b/c/./../../g", Some("https://a/g"));
        check("https://a/b/%2E%2e/c", Some("https://a/c"));
        check("https://a/../../c", Some("https://a/c"));
        check("https://a/b/..", Some("https://a/"));
        check("https://a/b/.", Some("https://a/b/"));
        check("https://a//b/", Some("https://a//b/"));
        check("http://[::1]:80/A", Some("http://[::1]/A"));
        check("http://127.0.0.1:8700/x", Some("http://127.0.0.1:8700/x"));
    }

    #[test]
    fn what_is_no_url_has_no_normal_form() {
        for url in
            ["", "/token", "a.example/token", "ftp://a/b", "https:/a/b", "https://", "https:///b"]
        {
            check(url, None);
        }
        for url in
            ["https://u@a/b", "https://:443/", "https://a%2eb/", "https://a/%", "https://a/%4"]
        {
            check(url, None);
        }
        for url in
            ["https://a/%zz", "https://a/b c", "https://a/b\\c", "https://ä/", "https://a/\n"]
        {
            check(url, None);
        }
        for host in ["a::", "a:b", "a:1:2", "[::1", "[::1]a", "[]", "[a.é]", "::1", "a]"] {
            check(&format!("https://{host}/"), None);
        }
        check(&format!("https://a/{}", "b".repeat(8 * 1024)), None);
    }

    proptest! {
        #[test]
        fn the_normal_form_is_its_own(
            host in "[a-zA-Z0-9:.\\[\\]]{1,9}",
            path in "(/([a-z.~]|%2[eEfF]|%7[eE]|%c3){0,4}){0,5}",
        ) {
            if let Some(normal) = normalize(&format!("https://{host}{path}")) {
                prop_assert_eq!(normalize(&normal), Some(normal));
            }
        }
    }
}
