//! Writes JSON in its canonical form (RFC 8785) straight into a buffer, without allocating.
//!
//! Members have to be written in the order of their names; that is the caller's part.

use std::net::IpAddr;

use bailiwick_domain::time::Timestamp;

/// The largest integer every JSON reader takes exactly (RFC 7493, section 2.2).
pub const MAX_INTEGER: u64 = (1 << 53) - 1;

/// The longest form of one character: `\u001f`.
pub const MAX_ESCAPED: usize = 6;

const HEX: &[u8; 16] = b"0123456789abcdef";
const LAST_SECOND: i64 = 253_402_300_799;

/// The longest start of `text` that has at most `bytes` bytes and ends between characters.
pub fn cut(text: &str, bytes: usize) -> &str {
    text.get(..text.floor_char_boundary(bytes)).unwrap_or(text)
}

/// Writes a string in quotes, escaped as RFC 8785, section 3.2.2.2 says.
pub fn string(text: &str, out: &mut Vec<u8>) {
    out.push(b'"');
    let mut rest = text.as_bytes();
    while let Some(place) = rest.iter().position(|byte| is_escaped(*byte)) {
        let (plain, tail) = rest.split_at(place);
        out.extend_from_slice(plain);
        let Some((special, tail)) = tail.split_first() else { break };
        escape(*special, out);
        rest = tail;
    }
    out.extend_from_slice(rest);
    out.push(b'"');
}

const fn is_escaped(byte: u8) -> bool {
    byte < 0x20 || byte == b'"' || byte == b'\\'
}

fn escape(byte: u8, out: &mut Vec<u8>) {
    let short = match byte {
        b'"' | b'\\' => byte,
        0x08 => b'b',
        b'\t' => b't',
        b'\n' => b'n',
        0x0c => b'f',
        b'\r' => b'r',
        _ => {
            out.extend_from_slice(b"\\u00");
            return hex(&[byte], out);
        }
    };
    out.extend_from_slice(&[b'\\', short]);
}

/// Writes bytes as lower-case hexadecimal digits.
pub fn hex(bytes: &[u8], out: &mut Vec<u8>) {
    for byte in bytes {
        out.extend_from_slice(&[digit(byte >> 4), digit(byte & 15)]);
    }
}

fn digit(value: u8) -> u8 {
    HEX.get(usize::from(value)).copied().unwrap_or(b'0')
}

/// Writes an integer; one above [`MAX_INTEGER`] as that.
pub fn integer(value: u64, out: &mut Vec<u8>) {
    let mut rest = value.min(MAX_INTEGER);
    let mut digits = [b'0'; 16];
    let mut start = digits.len();
    for place in digits.iter_mut().rev() {
        *place = decimal(rest % 10);
        start -= 1;
        rest /= 10;
        if rest == 0 {
            break;
        }
    }
    out.extend_from_slice(digits.get(start..).unwrap_or_default());
}

fn decimal(value: u64) -> u8 {
    b'0' + u8::try_from(value % 10).unwrap_or(0)
}

fn padded<const N: usize>(value: i64) -> [u8; N] {
    let mut rest = value.unsigned_abs();
    let mut digits = [b'0'; N];
    for place in digits.iter_mut().rev() {
        *place = decimal(rest);
        rest /= 10;
    }
    digits
}

/// Writes an instant in quotes: RFC 3339, UTC, milliseconds. Instants before 1970 or after 9999 are
/// written as the nearest one within.
pub fn instant(instant: Timestamp, out: &mut Vec<u8>) {
    let seconds = instant.as_seconds().clamp(0, LAST_SECOND);
    let millis = instant.as_millis().rem_euclid(1_000);
    let (days, second) = (seconds / 86_400, seconds % 86_400);
    let (year, month, day) = civil(days);
    out.push(b'"');
    out.extend_from_slice(&padded::<4>(year));
    out.push(b'-');
    out.extend_from_slice(&padded::<2>(month));
    out.push(b'-');
    out.extend_from_slice(&padded::<2>(day));
    out.push(b'T');
    out.extend_from_slice(&padded::<2>(second / 3_600));
    out.push(b':');
    out.extend_from_slice(&padded::<2>(second / 60 % 60));
    out.push(b':');
    out.extend_from_slice(&padded::<2>(second % 60));
    out.push(b'.');
    out.extend_from_slice(&padded::<3>(millis));
    out.extend_from_slice(b"Z\"");
}

/// Year, month and day of a day counted from 1970-01-01, by way of years that begin in March and of
/// eras of 400 years.
const fn civil(days: i64) -> (i64, i64, i64) {
    let shifted = days + 719_468;
    let (era, day_of_era) = (shifted / 146_097, shifted % 146_097);
    let leaps = day_of_era / 1_460 - day_of_era / 36_524 + day_of_era / 146_096;
    let year_of_era = (day_of_era - leaps) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    let year = year_of_era + era * 400;
    (if month <= 2 { year + 1 } else { year }, month, day)
}

/// Writes an address in quotes, as RFC 5952 has it.
pub fn address(address: IpAddr, out: &mut Vec<u8>) {
    use std::io::Write;
    out.push(b'"');
    match address {
        IpAddr::V4(address) => {
            for (place, octet) in address.octets().into_iter().enumerate() {
                if place > 0 {
                    out.push(b'.');
                }
                integer(u64::from(octet), out);
            }
        }
        // Writing to a vector does not fail.
        IpAddr::V6(address) => drop(write!(out, "{address}")),
    }
    out.push(b'"');
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn written(write: impl FnOnce(&mut Vec<u8>)) -> String {
        let mut out = Vec::new();
        write(&mut out);
        String::from_utf8(out).unwrap()
    }

    fn check(text: &str, expected: &str) {
        assert_eq!(written(|out| string(text, out)), expected);
    }

    #[test]
    fn strings_are_escaped_as_the_standard_says() {
        check("plain", r#""plain""#);
        check("", r#""""#);
        check("\"\\/", r#""\"\\/""#);
        check("\u{8}\t\n\u{c}\r", r#""\b\t\n\f\r""#);
        check("\0\u{1f}\u{b}", r#""\u0000\u001f\u000b""#);
        check("\u{7f}€\u{2028}😂", "\"\u{7f}€\u{2028}😂\"");
    }

    #[test]
    fn a_cut_ends_between_characters() {
        assert_eq!(cut("ab€c", 2), "ab");
        assert_eq!(cut("ab€c", 4), "ab");
        assert_eq!(cut("ab€c", 5), "ab€");
        assert_eq!(cut("ab€c", 99), "ab€c");
        assert_eq!(cut("€", 2), "");
    }

    #[test]
    fn integers_stop_at_what_every_reader_takes() {
        for (value, expected) in [
            (0, "0"),
            (10, "10"),
            (MAX_INTEGER, "9007199254740991"),
            (MAX_INTEGER + 1, "9007199254740991"),
            (u64::MAX, "9007199254740991"),
        ] {
            assert_eq!(written(|out| integer(value, out)), expected);
        }
    }

    #[test]
    fn addresses_are_written_in_their_shortest_form() {
        for text in ["10.0.0.1", "255.255.255.255", "::1", "2001:db8::1:0:0:1"] {
            let expected = format!("\"{text}\"");
            assert_eq!(written(|out| address(text.parse().unwrap(), out)), expected);
        }
    }

    #[test]
    fn instants_out_of_range_are_the_nearest_within() {
        let far = Timestamp::from_millis(i64::MAX);
        assert!(written(|out| instant(far, out)).starts_with("\"9999-12-31T23:59:59."));
        let early = Timestamp::from_millis(-86_400_000);
        assert_eq!(written(|out| instant(early, out)), "\"1970-01-01T00:00:00.000Z\"");
    }

    proptest! {
        #[test]
        fn strings_are_written_as_a_json_library_does(text: String) {
            let expected = serde_json::to_string(&text).unwrap();
            prop_assert_eq!(written(|out| string(&text, out)), expected);
        }

        #[test]
        fn instants_are_written_as_a_calendar_library_does(millis in 0_i64..253_402_300_799_000) {
            let given = Timestamp::from_millis(millis);
            prop_assert_eq!(written(|out| instant(given, out)), format!("\"{given}\""));
        }

        #[test]
        fn integers_read_back(value in 0..=MAX_INTEGER) {
            prop_assert_eq!(written(|out| integer(value, out)), value.to_string());
        }
    }
}
