//! One step of one record in a journal file.
//!
//! ```text
//! u32  length of what follows the checksum
//! u32  CRC-32 of what follows
//! u8   kind: 1 opening, 2 closing, 3 whole
//! u128 the record's id
//!      the text, as `bailiwick_ledger::entry` writes it
//! ```
//!
//! Numbers are big-endian. A frame that is cut off was never acknowledged.

use bailiwick_domain::id::RecordId;
use bailiwick_ledger::entry;

const PREFIX: usize = 8;
const HEAD: usize = 17;
/// Fragments have a few separators more than the record they make.
const MAX_LENGTH: usize = HEAD + entry::MAX_BYTES + 8;

/// Which step of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Opening,
    Closing,
    Whole,
}

/// One frame, borrowed from what was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Frame<'a> {
    pub(crate) kind: Kind,
    pub(crate) id: RecordId,
    pub(crate) text: &'a [u8],
    /// How many bytes it takes in the file.
    pub(crate) bytes: usize,
}

/// Why there is no frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Absent {
    /// Nothing, or the beginning of a frame.
    Cut,
    /// Something that no writer wrote like this.
    Damaged,
}

impl Kind {
    const fn byte(self) -> u8 {
        match self {
            Self::Opening => 1,
            Self::Closing => 2,
            Self::Whole => 3,
        }
    }

    const fn from_byte(byte: u8) -> Option<Self> {
        match byte {
            1 => Some(Self::Opening),
            2 => Some(Self::Closing),
            3 => Some(Self::Whole),
            _ => None,
        }
    }
}

/// Replaces the contents of `out` by a frame whose text `write` writes; nothing when too long.
pub(crate) fn encode(
    kind: Kind,
    id: RecordId,
    write: impl FnOnce(&mut Vec<u8>),
    out: &mut Vec<u8>,
) -> Option<()> {
    out.clear();
    out.extend_from_slice(&[0; PREFIX]);
    out.push(kind.byte());
    out.extend_from_slice(&id.bits().to_be_bytes());
    write(out);
    let (prefix, body) = out.split_at_mut_checked(PREFIX)?;
    let length = Some(body.len()).filter(|length| *length <= MAX_LENGTH)?;
    let (length_place, checksum_place) = prefix.split_at_mut_checked(4)?;
    length_place.copy_from_slice(&u32::try_from(length).ok()?.to_be_bytes());
    checksum_place.copy_from_slice(&crc32fast::hash(body).to_be_bytes());
    Some(())
}

/// The frame that `bytes` begin with.
pub(crate) fn decode(bytes: &[u8]) -> Result<Frame<'_>, Absent> {
    let (length, rest) = bytes.split_first_chunk::<4>().ok_or(Absent::Cut)?;
    let length = usize::try_from(u32::from_be_bytes(*length)).map_err(|_| Absent::Damaged)?;
    if !(HEAD..=MAX_LENGTH).contains(&length) {
        return Err(Absent::Damaged);
    }
    let (checksum, rest) = rest.split_first_chunk::<4>().ok_or(Absent::Cut)?;
    let body = rest.get(..length).ok_or(Absent::Cut)?;
    if crc32fast::hash(body) != u32::from_be_bytes(*checksum) {
        return Err(Absent::Damaged);
    }
    let (kind, rest) = body.split_first().ok_or(Absent::Damaged)?;
    let (id, text) = rest.split_first_chunk::<16>().ok_or(Absent::Damaged)?;
    let kind = Kind::from_byte(*kind).ok_or(Absent::Damaged)?;
    let id = RecordId::from_bits(u128::from_be_bytes(*id));
    Ok(Frame { kind, id, text, bytes: PREFIX + length })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn any_bytes_are_a_frame_or_not(bytes: Vec<u8>, length in 0_u32..80) {
            let claimed = [&length.to_be_bytes(), bytes.as_slice()].concat();
            for bytes in [bytes, claimed] {
                prop_assert!(decode(&bytes).is_err());
            }
        }
    }

    fn encoded(kind: Kind, text: &[u8]) -> Vec<u8> {
        let mut out = vec![9; 3];
        encode(kind, RecordId::from_bits(7), |out| out.extend_from_slice(text), &mut out).unwrap();
        out
    }

    #[test]
    fn a_frame_reads_back_and_what_follows_is_left() {
        for kind in [Kind::Opening, Kind::Closing, Kind::Whole] {
            let mut bytes = encoded(kind, b"text");
            let length = bytes.len();
            bytes.extend_from_slice(b"more");
            let id = RecordId::from_bits(7);
            assert_eq!(decode(&bytes), Ok(Frame { kind, id, text: b"text", bytes: length }));
        }
    }

    #[test]
    fn every_cut_is_seen_as_one() {
        let bytes = encoded(Kind::Whole, b"text");
        for length in 0..bytes.len() {
            assert_eq!(decode(&bytes[..length]), Err(Absent::Cut), "{length}");
        }
    }

    #[test]
    fn every_flipped_bit_is_noticed() {
        let bytes = encoded(Kind::Whole, b"text");
        for bit in 0..bytes.len() * 8 {
            let mut flipped = bytes.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert!(decode(&flipped).is_err(), "{bit}");
        }
    }

    #[test]
    fn zeroes_after_a_power_loss_are_damage() {
        assert_eq!(decode(&[0; 64]), Err(Absent::Damaged));
    }

    #[test]
    fn a_text_longer_than_any_record_is_refused() {
        let long = vec![b'x'; entry::MAX_BYTES + 9];
        let write = |out: &mut Vec<u8>| out.extend_from_slice(&long);
        assert_eq!(encode(Kind::Whole, RecordId::from_bits(7), write, &mut Vec::new()), None);
    }
}
