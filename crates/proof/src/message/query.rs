//! One parameter of the query, in its encoded form (RFC 9421, section 2.2.8).

use bailiwick_domain::denial::Denial;

/// Writes the value of the parameter whose encoded name is `name`. A parameter that is not there,
/// or there more than once, cannot be covered.
pub(super) fn write(query: &str, name: &str, out: &mut Vec<u8>) -> Result<(), Denial> {
    let mut found = None;
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        if !encoded(key).eq(name.bytes()) {
            continue;
        }
        if found.replace(value).is_some() {
            return Err(Denial::SignatureInvalid);
        }
    }
    out.extend(encoded(found.ok_or(Denial::SignatureInvalid)?));
    Ok(())
}

/// Decodes as `application/x-www-form-urlencoded` and encodes again: the same text for every
/// spelling of the same value.
fn encoded(text: &str) -> impl Iterator<Item = u8> + '_ {
    let mut rest = text.as_bytes();
    let decoded = std::iter::from_fn(move || {
        let (byte, after) = decode_one(rest)?;
        rest = after;
        Some(byte)
    });
    decoded.flat_map(encode_one)
}

fn decode_one(text: &[u8]) -> Option<(u8, &[u8])> {
    match text {
        [b'%', high, low, rest @ ..] if high.is_ascii_hexdigit() && low.is_ascii_hexdigit() => {
            Some((nibble(*high) << 4 | nibble(*low), rest))
        }
        [b'+', rest @ ..] => Some((b' ', rest)),
        [byte, rest @ ..] => Some((*byte, rest)),
        [] => None,
    }
}

fn nibble(digit: u8) -> u8 {
    char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok()).unwrap_or(0)
}

fn encode_one(byte: u8) -> impl Iterator<Item = u8> {
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    let digit = |nibble: u8| DIGITS.get(usize::from(nibble)).copied().unwrap_or(b'0');
    let plain = byte.is_ascii_alphanumeric() || matches!(byte, b'*' | b'-' | b'.' | b'_');
    let (written, length) =
        if plain { ([byte, 0, 0], 1) } else { ([b'%', digit(byte >> 4), digit(byte & 15)], 3) };
    written.into_iter().take(length)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(query: &str, name: &str, expected: Option<&str>) {
        let mut out = Vec::new();
        let written = write(query, name, &mut out).map(|()| String::from_utf8(out).unwrap());
        assert_eq!(written.ok().as_deref(), expected, "{query} {name}");
    }

    #[test]
    fn the_examples_of_the_standard_are_reproduced() {
        let query = "param=value&foo=bar&baz=batman&qux=";
        check(query, "baz", Some("batman"));
        check(query, "qux", Some(""));
        let query = "var=this%20is%20a%20big%0Amultiline%20value&bar=with+plus+whitespace\
                     &fa%C3%A7ade%22%3A%20=something";
        check(query, "var", Some("this%20is%20a%20big%0Amultiline%20value"));
        check(query, "bar", Some("with%20plus%20whitespace"));
        check(query, "fa%C3%A7ade%22%3A%20", Some("something"));
    }

    #[test]
    fn every_spelling_of_a_value_is_covered_alike() {
        check("a=%7e", "a", Some("%7E"));
        check("a=~", "a", Some("%7E"));
        check("%61=%62", "a", Some("b"));
        check("a", "a", Some(""));
        check("a=%", "a", Some("%25"));
        check("a=%zz", "a", Some("%25zz"));
    }

    #[test]
    fn a_parameter_that_is_absent_or_repeated_is_not_covered() {
        check("", "a", None);
        check("b=1", "a", None);
        check("a=1&a=1", "a", None);
        check("a=1&%61=2", "a", None);
        check("A=1", "a", None);
    }
}
