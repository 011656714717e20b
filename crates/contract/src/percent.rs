//! Percent-encoding (RFC 3986, section 2.1).

/// The text with its encodings resolved; nothing when one is broken or the bytes are not UTF-8.
pub fn decode(text: &str) -> Option<String> {
    if !text.contains('%') {
        return Some(text.to_owned());
    }
    let mut decoded = Vec::with_capacity(text.len());
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        decoded.push(match byte {
            b'%' => digit(bytes.next())? * 16 + digit(bytes.next())?,
            _ => byte,
        });
    }
    String::from_utf8(decoded).ok()
}

/// As [`decode`], with a plus sign for a space, as forms and most servers read a query.
pub fn decode_form(text: &str) -> Option<String> {
    if text.contains('+') { decode(&text.replace('+', " ")) } else { decode(text) }
}

fn digit(byte: Option<u8>) -> Option<u8> {
    char::from(byte?).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn encodings_are_resolved_once_and_broken_ones_refused() {
        assert_eq!(decode("a%20b%2525").as_deref(), Some("a b%25"));
        assert_eq!(decode("a+b").as_deref(), Some("a+b"));
        assert_eq!(decode_form("a+b%2Bc").as_deref(), Some("a b+c"));
        for text in ["%", "%a", "%zz", "%ff", "%é"] {
            assert_eq!(decode(text), None, "{text}");
        }
    }
}
