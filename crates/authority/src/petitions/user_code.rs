//! The code that a device shows, and a person enters (RFC 8628, section 6.1): eight letters out of
//! twenty, none of them a vowel, so that they are no word and few are mistaken for others. That is
//! 34 bits: while a thousand codes are open, the thirty tries that a person has in an hour hit one
//! of them about once in a million hours.

use bailiwick_domain::entropy::Entropy;
use bailiwick_proof::opaque::sha256;

const LETTERS: &[u8; 20] = b"BCDFGHJKLMNPQRSTVWXZ";
/// How many letters one has.
const LENGTH: usize = 8;
/// The largest multiple of the alphabet in a byte: beyond it, some letters would be likelier.
const FAIR: u8 = 240;
/// The longest that is read as one, in bytes.
const LONGEST: usize = 32;

/// A fresh code, as it is shown: `WDJB-MJHT`.
pub(crate) fn fresh(entropy: &Entropy) -> String {
    let mut letters = String::with_capacity(LENGTH);
    while letters.len() < LENGTH {
        let drawn = entropy.bytes::<16>();
        let fair = drawn.iter().filter(|byte| **byte < FAIR).take(LENGTH - letters.len());
        let drawn = fair.filter_map(|byte| LETTERS.get(usize::from(*byte % 20)));
        letters.extend(drawn.map(|it| char::from(*it)));
    }
    show(&letters)
}

/// The code that somebody entered, as it is shown: case, spaces and dashes do not count. Nothing
/// for what cannot be one.
pub(crate) fn read(text: &str) -> Option<String> {
    if text.len() > LONGEST {
        return None;
    }
    let counts = |it: &char| !it.is_ascii_whitespace() && *it != '-';
    let letters: String = text.chars().filter(counts).map(|it| it.to_ascii_uppercase()).collect();
    let known = letters.bytes().all(|byte| LETTERS.contains(&byte));
    (known && letters.len() == LENGTH).then(|| show(&letters))
}

/// What a code, as it is shown, is kept as.
pub(crate) fn digest(shown: &str) -> [u8; 32] {
    sha256(format!("user_code:{shown}").as_bytes())
}

fn show(letters: &str) -> String {
    let (head, tail) = letters.split_at_checked(LENGTH / 2).unwrap_or((letters, ""));
    format!("{head}-{tail}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicU8, Ordering};

    fn check(text: &str, expected: Option<&str>) {
        assert_eq!(read(text).as_deref(), expected, "{text}");
    }

    #[test]
    fn a_code_is_read_however_it_is_typed() {
        for text in ["WDJB-MJHT", "wdjbmjht", " wdjb mjht ", "W-D-J-B-M-J-H-T"] {
            check(text, Some("WDJB-MJHT"));
        }
        for text in ["", "WDJB-MJH", "WDJB-MJHTT", "WDJA-MJHT", "WDJ8-MJHT", "W\u{0130}JB-MJHT"] {
            check(text, None);
        }
        check(&"-".repeat(LONGEST + 1), None);
    }

    #[test]
    fn every_letter_is_as_likely() {
        let next = AtomicU8::new(0);
        let entropy = Entropy::new(move |buffer| {
            buffer.fill_with(|| next.fetch_add(1, Ordering::Relaxed));
        });
        // 96 codes take 48 times 16 bytes or so: every byte comes up three times.
        let mut counts = [0_u32; 20];
        for _ in 0..90 {
            let code = fresh(&entropy);
            assert_eq!(read(&code), Some(code.clone()));
            for byte in code.bytes().filter(|byte| *byte != b'-') {
                counts[LETTERS.iter().position(|it| *it == byte).unwrap()] += 1;
            }
        }
        let (least, most) = (counts.iter().min().unwrap(), counts.iter().max().unwrap());
        assert!(most - least <= 12, "{counts:?}");
        assert_ne!(digest("WDJB-MJHT"), digest("WDJB-MJHV"));
    }
}
