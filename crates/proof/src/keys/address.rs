//! Ethereum addresses, and the hash they are made of.

use std::fmt;
use std::str::FromStr;

use sha3::{Digest as _, Keccak256};

/// An Ethereum address. Its one text is `0x` and 40 hexadecimal digits in lower case; that text is
/// also what a wallet's key is found by.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Address {
    bytes: [u8; 20],
    text: [u8; 42],
}

/// Why a text is not an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotAnAddress {
    /// It does not look like one.
    #[error("an address is 0x and 40 hexadecimal digits")]
    Malformed,
    /// Its capitals are the checksum of another address (ERC-55): it was mistyped.
    #[error("the capitals of the address are not its checksum: a digit was mistyped")]
    Checksum,
}

impl Address {
    /// The address of these 20 bytes.
    pub fn new(bytes: [u8; 20]) -> Self {
        const DIGITS: &[u8; 16] = b"0123456789abcdef";
        let digit = |nibble: u8| DIGITS.get(usize::from(nibble)).copied().unwrap_or(b'0');
        let mut text = [b'0'; 42];
        let digits = bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]);
        let written = b"0x".iter().copied().chain(digits);
        text.iter_mut().zip(written).for_each(|(place, byte)| *place = byte);
        Self { bytes, text }
    }

    /// Its 20 bytes.
    pub const fn as_bytes(&self) -> &[u8; 20] {
        &self.bytes
    }

    /// Its one text.
    pub fn as_str(&self) -> &str {
        str::from_utf8(&self.text).unwrap_or_default()
    }

    /// The address of a public key, given as the 64 bytes of x and y side by side: the last 20
    /// bytes of their hash.
    pub(super) fn of_point(point: &[u8]) -> Option<Self> {
        let hash = keccak256(&[point]);
        let (_, last) = hash.split_last_chunk::<20>()?;
        (point.len() == 64).then(|| Self::new(*last))
    }

    /// The address behind `0x`, whatever the case of its digits, and no checksum asked for.
    pub(crate) fn from_any_case(text: &str) -> Result<Self, NotAnAddress> {
        let digits = text.strip_prefix("0x").ok_or(NotAnAddress::Malformed)?;
        let (pairs, rest) = digits.as_bytes().as_chunks::<2>();
        let pairs = <&[[u8; 2]; 20]>::try_from(pairs).map_err(|_| NotAnAddress::Malformed)?;
        if !rest.is_empty() || !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
            return Err(NotAnAddress::Malformed);
        }
        Ok(Self::new(pairs.map(|[high, low]| nibble(high) << 4 | nibble(low))))
    }

    /// The digits with capitals as checksum (ERC-55).
    fn checksummed(&self) -> String {
        let digits = self.as_str().trim_start_matches("0x");
        let hash = keccak256(&[digits.as_bytes()]);
        let nibbles = hash.iter().flat_map(|byte| [byte >> 4, byte & 15]);
        let capital = |(digit, nibble): (char, u8)| match nibble {
            8.. => digit.to_ascii_uppercase(),
            _ => digit,
        };
        let digits = digits.chars().zip(nibbles).map(capital);
        "0x".chars().chain(digits).collect()
    }
}

/// What people write: digits of one case, or of both where the capitals are the checksum (ERC-55).
impl FromStr for Address {
    type Err = NotAnAddress;

    fn from_str(text: &str) -> Result<Self, NotAnAddress> {
        let address = Self::from_any_case(text)?;
        let digits = text.trim_start_matches("0x");
        let mixed = digits.bytes().any(|digit| digit.is_ascii_uppercase())
            && digits.bytes().any(|digit| digit.is_ascii_lowercase());
        if mixed && address.checksummed() != text {
            return Err(NotAnAddress::Checksum);
        }
        Ok(address)
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Address({self})")
    }
}

/// Keccak-256 of the parts one after another, as Ethereum uses it: the padding is not SHA-3's.
pub(super) fn keccak256(parts: &[&[u8]]) -> [u8; 32] {
    let mut hash = Keccak256::new();
    for part in parts {
        hash.update(part);
    }
    hash.finalize().into()
}

fn nibble(digit: u8) -> u8 {
    char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: Result<&str, NotAnAddress>) {
        let read = text.parse::<Address>().map(|address| address.to_string());
        assert_eq!(read, expected.map(str::to_owned), "{text}");
    }

    #[test]
    fn what_people_write_has_one_text() {
        let lower = "0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaed";
        check(lower, Ok(lower));
        // The examples of ERC-55.
        check("0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed", Ok(lower));
        check("0x5AAEB6053F3E94C9B9A09F33669435E7EF1BEAED", Ok(lower));
        check(
            "0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359",
            Ok("0xfb6916095ca1df60bb79ce92ce3ea74c37c5d359"),
        );
        check(
            "0xD1220A0cf47c7B9Be7A2E6BA89F429762e7b9aDb",
            Ok("0xd1220a0cf47c7b9be7a2e6ba89f429762e7b9adb"),
        );
    }

    #[test]
    fn what_was_mistyped_is_refused() {
        check("0x5AAeb6053F3E94C9b9A09f33669435E7Ef1BeAed", Err(NotAnAddress::Checksum));
        check("0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAee", Err(NotAnAddress::Checksum));
        for text in [
            "",
            "0x",
            "5aaeb6053f3e94c9b9a09f33669435e7ef1beaed",
            "0X5aaeb6053f3e94c9b9a09f33669435e7ef1beaed",
            "0x5aaeb6053f3e94c9b9a09f33669435e7ef1beae",
            "0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaedd",
            "0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaeg",
            "0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaé",
            " 0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaed",
        ] {
            check(text, Err(NotAnAddress::Malformed));
        }
    }
}
