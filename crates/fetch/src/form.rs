//! Names and values as a query or a form carries them.

use std::fmt::Write as _;

/// `name=value&…`, every byte that is not unreserved as `%XX` (RFC 3986, section 2.3): read the
/// same in a query and in a form.
pub fn encode<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> String {
    let mut text = String::new();
    for (name, value) in pairs {
        if !text.is_empty() {
            text.push('&');
        }
        escape(name, &mut text);
        text.push('=');
        escape(value, &mut text);
    }
    text
}

/// One text, escaped likewise.
pub fn escaped(text: &str) -> String {
    let mut out = String::new();
    escape(text, &mut out);
    out
}

fn escape(text: &str, out: &mut String) {
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_a_value_ends_it() {
        assert_eq!(encode([("a", "b c&d=e"), ("f+", "ü%~")]), "a=b%20c%26d%3De&f%2B=%C3%BC%25~");
        assert_eq!(encode([]), "");
    }
}
