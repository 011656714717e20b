//! Forms as they are sent (WHATWG URL, `application/x-www-form-urlencoded`).

/// Names and values, joined.
pub(crate) fn encode(form: &[(&str, String)]) -> String {
    let pairs = form.iter().map(|(name, value)| format!("{}={}", escape(name), escape(value)));
    pairs.collect::<Vec<_>>().join("&")
}

/// One name or value.
pub(crate) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'*' => {
                escaped.push(char::from(byte));
            }
            b' ' => escaped.push('+'),
            _ => escaped.extend(percent(byte)),
        }
    }
    escaped
}

/// One byte, percent-encoded.
pub(crate) fn percent(byte: u8) -> [char; 3] {
    let digit = |value: u8| char::from_digit(value.into(), 16).unwrap_or('0').to_ascii_uppercase();
    ['%', digit(byte >> 4), digit(byte & 15)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn special_characters_are_escaped() {
        let form = [("scope", "a:b c:d".to_owned()), ("resource", "http://x/?y&z".to_owned())];
        assert_eq!(encode(&form), "scope=a%3Ab+c%3Ad&resource=http%3A%2F%2Fx%2F%3Fy%26z");
    }
}
