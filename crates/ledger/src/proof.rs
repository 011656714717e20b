//! Self-contained proofs that a record is in the ledger: C2SP tlog-proof, with the record itself as
//! the extra data, so that a proof needs nothing but the log's public key.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::checkpoint::{self, Checkpoint, VerifierKey};
use crate::entry::MAX_BYTES;
use crate::merkle::{self, Hash};
use crate::tile::{self, Fault, TiledNodes, Tiles};

const HEADER: &str = "c2sp.org/tlog-proof@v1";
/// A tree of 2^64 leaves has paths of 64 hashes.
const MAX_HASHES: usize = 64;
const MAX_BYTES_OF_PROOF: usize = checkpoint::MAX_NOTE_BYTES + 2 * MAX_BYTES + MAX_HASHES * 45;

/// What a proof proves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verified {
    /// The record's place in the ledger.
    pub index: u64,
    /// The record.
    pub record: Vec<u8>,
    /// The checkpoint that commits to it.
    pub checkpoint: Checkpoint,
}

/// Why a proof proves nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Invalid {
    /// Not a proof, or one without the record.
    #[error("not a proof with its record")]
    Malformed,
    /// Its checkpoint is not to be believed.
    #[error(transparent)]
    Checkpoint(#[from] checkpoint::Invalid),
    /// The record is not where the proof says it is.
    #[error("the record is not in the ledger that the checkpoint describes")]
    NotIncluded,
}

/// Why no proof can be made.
#[derive(Debug, thiserror::Error)]
pub enum Unprovable {
    /// The latest checkpoint cannot be read.
    #[error("the ledger's checkpoint cannot be used")]
    Checkpoint(#[from] checkpoint::Invalid),
    /// The latest checkpoint does not reach the record.
    #[error("record {index} is not in the ledger, which has {size}")]
    NotYet {
        /// The record that was asked for.
        index: u64,
        /// How many the ledger has.
        size: u64,
    },
    /// A tile does not give what it should.
    #[error(transparent)]
    Tile(#[from] Fault),
}

/// Proves the record at `index` against the latest checkpoint.
pub fn prove(index: u64, tiles: &impl Tiles) -> Result<String, Unprovable> {
    let note = checkpoint::read(tiles)?;
    let size = Checkpoint::claimed(&note)?.size;
    if index >= size {
        return Err(Unprovable::NotYet { index, size });
    }
    let record = tile::record(index, size, tiles)?;
    let hashes = merkle::inclusion(index, size, &mut TiledNodes::new(tiles, size))?;
    Ok(write(index, &record, &hashes, &note))
}

/// Writes a proof.
pub fn write(index: u64, record: &[u8], hashes: &[Hash], note: &str) -> String {
    let mut text = format!("{HEADER}\nextra {}\nindex {index}\n", STANDARD.encode(record));
    for hash in hashes {
        text.push_str(&STANDARD.encode(hash));
        text.push('\n');
    }
    text.push('\n');
    text.push_str(note);
    text
}

/// Checks a proof with nothing but the log's public key.
pub fn verify(text: &str, key: &VerifierKey) -> Result<Verified, Invalid> {
    let Parsed { index, record, hashes, note } = parse(text).ok_or(Invalid::Malformed)?;
    let checkpoint = Checkpoint::open(note, key)?;
    let leaf = merkle::leaf(&record);
    if !merkle::includes(index, checkpoint.size, &leaf, &hashes, &checkpoint.root) {
        return Err(Invalid::NotIncluded);
    }
    Ok(Verified { index, record, checkpoint })
}

struct Parsed<'a> {
    index: u64,
    record: Vec<u8>,
    hashes: Vec<Hash>,
    note: &'a str,
}

fn parse(text: &str) -> Option<Parsed<'_>> {
    if text.len() > MAX_BYTES_OF_PROOF {
        return None;
    }
    let (head, note) = text.split_once("\n\n")?;
    let mut lines = head.split('\n');
    lines.next().filter(|line| *line == HEADER)?;
    let record = STANDARD.decode(lines.next()?.strip_prefix("extra ")?).ok()?;
    let digits = lines.next()?.strip_prefix("index ")?;
    let index: u64 = digits.parse().ok()?;
    if index.to_string() != digits || lines.clone().count() > MAX_HASHES {
        return None;
    }
    let hash = |line: &str| STANDARD.decode(line).ok()?.try_into().ok();
    let hashes = lines.map(hash).collect::<Option<Vec<Hash>>>()?;
    Some(Parsed { index, record, hashes, note })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checkpoint::Signer;
    use crate::sample::{ORIGIN, Sample, key, record};

    #[test]
    fn a_proof_of_any_record_verifies_with_the_key_alone() {
        for size in [1, 2, 255, 256, 257, 600] {
            let sample = Sample::of(size);
            for index in [0, 1, size / 2, size - 1].into_iter().filter(|index| *index < size) {
                let proof = prove(index, &sample).unwrap();
                let verified = verify(&proof, &key()).unwrap();
                assert_eq!((verified.index, verified.record), (index, record(index)));
                assert_eq!(verified.checkpoint.size, size);
            }
        }
    }

    #[test]
    fn a_record_that_is_not_there_cannot_be_proven() {
        let found = prove(3, &Sample::of(3));
        assert!(matches!(found, Err(Unprovable::NotYet { index: 3, size: 3 })));
    }

    #[test]
    fn every_changed_character_makes_a_proof_worthless() {
        let proof = prove(100, &Sample::of(300)).unwrap();
        for place in 0..proof.len() {
            let mut changed = proof.clone().into_bytes();
            changed[place] ^= 1;
            let Ok(changed) = String::from_utf8(changed) else { continue };
            assert!(verify(&changed, &key()).is_err(), "{place} of\n{changed}");
        }
    }

    #[test]
    fn what_is_cut_off_extended_or_signed_by_another_proves_nothing() {
        let proof = prove(1, &Sample::of(3)).unwrap();
        for length in (0..proof.len()).filter(|length| proof.is_char_boundary(*length)) {
            assert!(verify(&proof[..length], &key()).is_err(), "{length}");
        }
        assert!(verify(&format!("{proof}\n"), &key()).is_err());
        let huge = format!("{proof}{}", "x".repeat(MAX_BYTES_OF_PROOF));
        assert_eq!(verify(&huge, &key()), Err(Invalid::Malformed));
        let other = Signer::from_seed(ORIGIN, &[8; 32]).unwrap();
        let refused = Invalid::Checkpoint(checkpoint::Invalid::Unsigned);
        assert_eq!(verify(&proof, other.verifier()), Err(refused));
    }

    #[test]
    fn a_proof_of_one_record_does_not_serve_for_another() {
        let sample = Sample::of(300);
        let hashes = merkle::inclusion(7, 300, &mut TiledNodes::new(&sample, 300)).unwrap();
        let note = checkpoint::read(&sample).unwrap();
        let check = |index, of: u64, expected: Option<Invalid>| {
            let text = write(index, &record(of), &hashes, &note);
            assert_eq!(verify(&text, &key()).err(), expected, "{index} {of}");
        };
        check(7, 7, None);
        check(7, 8, Some(Invalid::NotIncluded));
        check(6, 7, Some(Invalid::NotIncluded));
        check(300, 7, Some(Invalid::NotIncluded));
    }
}
