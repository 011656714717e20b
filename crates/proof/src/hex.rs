//! Hexadecimal in lower case, the one form that is written and read here.

const DIGITS: &[u8; 16] = b"0123456789abcdef";

/// The text for these bytes.
pub(crate) fn encode(bytes: &[u8]) -> String {
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

/// As many bytes as are asked for; nothing if the text is longer, shorter or not lower case.
pub(crate) fn decode<const N: usize>(text: &str) -> Option<[u8; N]> {
    let mut bytes = [0; N];
    if text.len() != 2 * N {
        return None;
    }
    for (place, pair) in bytes.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
        let &[high, low] = pair else { return None };
        *place = (value(high)? << 4) | value(low)?;
    }
    Some(bytes)
}

fn digit(value: u8) -> char {
    DIGITS.get(usize::from(value)).copied().map_or('0', char::from)
}

fn value(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_lower_case_of_the_right_length_is_read() {
        assert_eq!(encode(&[0x00, 0x9f, 0xa0, 0xff]), "009fa0ff");
        let cases: [(&str, Option<[u8; 2]>); 7] = [
            ("009f", Some([0x00, 0x9f])),
            ("a0ff", Some([0xa0, 0xff])),
            ("A0ff", None),
            ("a0f", None),
            ("a0ff0", None),
            ("a0fg", None),
            ("é0f", None),
        ];
        for (text, expected) in cases {
            assert_eq!(decode(text), expected, "{text}");
        }
    }
}
