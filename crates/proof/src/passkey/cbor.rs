//! CBOR as authenticators write it: the canonical form of CTAP2 (Client to Authenticator Protocol
//! 2.1, section 8), without floats, tags and indefinite lengths (RFC 8949).

use super::refused::Refused;

/// The deepest that values are nested, as CTAP2 has it.
const MAX_DEPTH: u8 = 4;
/// The most members of one map or list.
const MAX_MEMBERS: u64 = 32;

const BROKEN: Refused = Refused::Malformed("CBOR that is broken off or not canonical");

/// Bytes being read from front to back.
pub(super) struct Reader<'a>(&'a [u8]);

/// The kinds of values, by their major type (RFC 8949, section 3.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Major {
    Unsigned,
    Negative,
    Bytes,
    Text,
    List,
    Map,
    Simple,
}

impl<'a> Reader<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    /// What was not read yet.
    pub(super) fn rest(&self) -> &'a [u8] {
        self.0
    }

    /// Refuses anything after what was read.
    pub(super) fn end(&self) -> Result<(), Refused> {
        if self.0.is_empty() { Ok(()) } else { Err(Refused::Malformed("bytes after its end")) }
    }

    /// A whole number.
    pub(super) fn int(&mut self) -> Result<i64, Refused> {
        let (major, value) = self.head()?;
        let value = i64::try_from(value).map_err(|_| BROKEN)?;
        match major {
            Major::Unsigned => Ok(value),
            Major::Negative => Ok(-1 - value),
            _ => Err(BROKEN),
        }
    }

    /// A byte string.
    pub(super) fn bytes(&mut self) -> Result<&'a [u8], Refused> {
        match self.head()? {
            (Major::Bytes, length) => self.take(length),
            _ => Err(BROKEN),
        }
    }

    /// A text.
    pub(super) fn text(&mut self) -> Result<&'a str, Refused> {
        match self.head()? {
            (Major::Text, length) => std::str::from_utf8(self.take(length)?).map_err(|_| BROKEN),
            _ => Err(BROKEN),
        }
    }

    /// How many members the map has that begins here.
    pub(super) fn map(&mut self) -> Result<u64, Refused> {
        match self.head()? {
            (Major::Map, members) if members <= MAX_MEMBERS => Ok(members),
            _ => Err(BROKEN),
        }
    }

    /// Passes over one value, whatever it is.
    pub(super) fn skip(&mut self) -> Result<(), Refused> {
        self.skip_within(MAX_DEPTH)
    }

    fn skip_within(&mut self, depth: u8) -> Result<(), Refused> {
        let (major, value) = self.head()?;
        let members = match major {
            Major::Unsigned | Major::Negative | Major::Simple => return Ok(()),
            Major::Bytes | Major::Text => return self.take(value).map(drop),
            Major::List => value,
            Major::Map => value.saturating_mul(2),
        };
        let inner = depth.checked_sub(1).ok_or(BROKEN)?;
        if value > MAX_MEMBERS {
            return Err(BROKEN);
        }
        for _ in 0..members {
            self.skip_within(inner)?;
        }
        Ok(())
    }

    /// Kind and argument of the next value, the argument in its shortest form.
    fn head(&mut self) -> Result<(Major, u64), Refused> {
        let (&first, _) = self.0.split_first().ok_or(BROKEN)?;
        self.take(1)?;
        let (width, least) = match first & 31 {
            short @ 0..24 => return Ok((major(first, short)?, short.into())),
            24 => (1, 24),
            25 => (2, 1 << 8),
            26 => (4, 1 << 16),
            27 => (8, 1 << 32),
            _ => return Err(BROKEN),
        };
        let value = self.take(width)?.iter().fold(0_u64, |sum, byte| (sum << 8) | u64::from(*byte));
        let major = major(first, 24)?;
        if value < least { Err(BROKEN) } else { Ok((major, value)) }
    }

    fn take(&mut self, length: u64) -> Result<&'a [u8], Refused> {
        let length = usize::try_from(length).map_err(|_| BROKEN)?;
        let (taken, rest) = self.0.split_at_checked(length).ok_or(BROKEN)?;
        self.0 = rest;
        Ok(taken)
    }
}

/// Of the simple values only false, true and null are used, all of which are short.
fn major(first: u8, short: u8) -> Result<Major, Refused> {
    match first >> 5 {
        0 => Ok(Major::Unsigned),
        1 => Ok(Major::Negative),
        2 => Ok(Major::Bytes),
        3 => Ok(Major::Text),
        4 => Ok(Major::List),
        5 => Ok(Major::Map),
        7 if (20..=22).contains(&short) => Ok(Major::Simple),
        _ => Err(BROKEN),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(bytes: &[u8], fine: bool) {
        let mut reader = Reader::new(bytes);
        let read = reader.skip().and_then(|()| reader.end());
        assert_eq!(read.is_ok(), fine, "{bytes:02x?}");
    }

    #[test]
    fn only_whole_canonical_values_are_read() {
        let fine: [&[u8]; 8] = [
            &[0x00],
            &[0x18, 24],
            &[0x38, 24],
            &[0x42, 1, 2],
            &[0x61, b'a'],
            &[0x82, 0xf4, 0xf6],
            &[0xa1, 0x61, b'a', 0xa0],
            &[0x19, 1, 0],
        ];
        for bytes in fine {
            check(bytes, true);
        }
        let broken: [&[u8]; 13] = [
            &[],
            &[0x18],
            &[0x18, 23],
            &[0x19, 0, 255],
            &[0x42, 1],
            &[0x5f, 0xff],
            &[0xbf, 0xff],
            &[0xc0, 0],
            &[0xf9, 0, 0],
            &[0x00, 0x00],
            &[0xa1, 0x00],
            &[0x9b, 255, 255, 255, 255, 255, 255, 255, 255],
            &[0x81, 0x81, 0x81, 0x81, 0x81, 0x00],
        ];
        for bytes in broken {
            check(bytes, false);
        }
    }

    #[test]
    fn numbers_are_what_they_say() {
        assert_eq!(Reader::new(&[0x26]).int(), Ok(-7));
        assert_eq!(Reader::new(&[0x39, 1, 0]).int(), Ok(-257));
        assert!(Reader::new(&[0x3b, 255, 255, 255, 255, 255, 255, 255, 255]).int().is_err());
    }
}
