//! The authority in its normal form: lower case, without the port that its scheme implies
//! (RFC 9421, section 2.2.3; RFC 9110, section 4.2.3).

/// Writes the authority.
pub(crate) fn write(scheme: &str, authority: &str, out: &mut Vec<u8>) {
    let start = out.len();
    out.extend_from_slice(without_default_port(scheme, authority).as_bytes());
    if let Some(written) = out.get_mut(start..) {
        written.make_ascii_lowercase();
    }
}

fn without_default_port<'a>(scheme: &str, authority: &'a str) -> &'a str {
    let implied = |port: &str| match port {
        "" => true,
        "80" => scheme.eq_ignore_ascii_case("http"),
        "443" => scheme.eq_ignore_ascii_case("https"),
        _ => false,
    };
    match authority.rsplit_once(':') {
        Some((host, port)) if implied(port) => host,
        _ => authority,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_authority_has_one_normal_form_for_each_scheme() {
        for (scheme, given, expected) in [
            ("https", "Example.COM", "example.com"),
            ("https", "example.com:443", "example.com"),
            ("https", "example.com:80", "example.com:80"),
            ("http", "example.com:80", "example.com"),
            ("http", "example.com:443", "example.com:443"),
            ("http", "example.com:", "example.com"),
            ("http", "[::1]", "[::1]"),
            ("http", "[::80]", "[::80]"),
            ("http", "[::1]:80", "[::1]"),
            ("http", "127.0.0.1:8700", "127.0.0.1:8700"),
        ] {
            let mut written = Vec::new();
            write(scheme, given, &mut written);
            assert_eq!(String::from_utf8(written).unwrap(), expected, "{scheme} {given}");
        }
    }
}
