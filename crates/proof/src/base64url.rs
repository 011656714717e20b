//! Base64url without padding (RFC 4648, section 5), in its one canonical form.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// The text for these bytes.
pub(crate) fn encode(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// The bytes of a canonical text: no padding, and no bit set that no byte holds.
pub(crate) fn decode(text: &str) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(text).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_canonical_form_is_read() {
        let cases: [(&str, Option<&[u8]>); 7] = [
            ("", Some(b"")),
            ("_-8", Some(&[0xff, 0xef])),
            ("AA", Some(&[0])),
            ("AB", None),
            ("AA==", None),
            ("A", None),
            ("+/8", None),
        ];
        for (text, expected) in cases {
            assert_eq!(decode(text).as_deref(), expected, "{text}");
        }
    }
}
