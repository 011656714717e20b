//! Bytes and numbers as JSON-RPC writes them (Ethereum execution API, "hex value encoding").

/// `0x` and two lower-case digits a byte.
pub(super) fn encode(bytes: &[u8]) -> String {
    let digits = bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    let digits = digits.filter_map(|digit| char::from_digit(u32::from(digit), 16));
    "0x".chars().chain(digits).collect()
}

/// The bytes of `0x` and an even number of digits.
pub(super) fn decode(text: &str) -> Option<Vec<u8>> {
    let digits = text.strip_prefix("0x")?.as_bytes();
    let (pairs, rest) = digits.as_chunks::<2>();
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|it| u8::try_from(it).ok());
    let byte = |[high, low]: &[u8; 2]| Some(digit(*high)? << 4 | digit(*low)?);
    if rest.is_empty() { pairs.iter().map(byte).collect() } else { None }
}

/// The number in `0x` and digits, without leading zeroes.
pub(super) fn quantity(text: &str) -> Option<u64> {
    let digits = text.strip_prefix("0x")?;
    let canonical = digits == "0" || !digits.starts_with(['0', '+']);
    if canonical { u64::from_str_radix(digits, 16).ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_two_digits_each() {
        assert_eq!(encode(&[0, 0x1f, 0xff]), "0x001fff");
        assert_eq!(encode(&[]), "0x");
        for (text, expected) in [
            ("0x", Some(vec![])),
            ("0x001fFF", Some(vec![0, 0x1f, 0xff])),
            ("0x0", None),
            ("001f", None),
            ("0X00", None),
            ("0x+1", None),
            ("0xgg", None),
            ("0x0é", None),
        ] {
            assert_eq!(decode(text), expected, "{text}");
        }
    }

    #[test]
    fn a_number_has_no_leading_zero() {
        for (text, expected) in [
            ("0x0", Some(0)),
            ("0x1", Some(1)),
            ("0xaa36a7", Some(11_155_111)),
            ("0xffffffffffffffff", Some(u64::MAX)),
            ("0x10000000000000000", None),
            ("0x", None),
            ("0x01", None),
            ("0x+1", None),
            ("1", None),
        ] {
            assert_eq!(quantity(text), expected, "{text}");
        }
    }
}
