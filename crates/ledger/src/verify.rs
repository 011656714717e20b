//! Checks a whole ledger: every record, every tile, the checkpoint over them. Needs nothing but the
//! files and the log's public key.

use crate::checkpoint::{self, Checkpoint, VerifierKey};
use crate::merkle::{self, Frontier, Hash, Node};
use crate::tile::{self, Fault, HEIGHT, Kind, Tile, TiledNodes, Tiles, WIDTH};

/// What was found to be whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// How many records.
    pub size: u64,
    /// The root over them.
    pub root: Hash,
}

/// What is wrong with a ledger.
#[derive(Debug, thiserror::Error)]
pub enum Broken {
    /// A record is not the one that was logged.
    #[error("record {index} was changed: it is not the one the tree was built from")]
    Record {
        /// The first such record.
        index: u64,
    },
    /// A tile contradicts the records or the checkpoint.
    #[error("{path} was changed: it contradicts the records from {index} on")]
    Tile {
        /// Which tile.
        path: String,
        /// The first record it speaks of wrongly.
        index: u64,
    },
    /// A tile cannot be read.
    #[error("records from {index} on cannot be checked")]
    Unreadable {
        /// The first record that cannot be checked.
        index: u64,
        /// Why.
        source: Fault,
    },
    /// The checkpoint is not to be believed.
    #[error("the checkpoint cannot be believed")]
    Checkpoint(#[from] checkpoint::Invalid),
    /// The checkpoint cannot be read.
    #[error("the checkpoint cannot be read")]
    NoCheckpoint(#[source] Fault),
    /// Records and tiles agree with each other and not with the checkpoint.
    #[error("the checkpoint's root is not that of its {size} records")]
    Root {
        /// How many records the checkpoint speaks of.
        size: u64,
    },
    /// The ledger is not a continuation of what it was.
    #[error("the ledger does not continue the earlier checkpoint of {size} records")]
    Forked {
        /// How many records the earlier checkpoint speaks of.
        size: u64,
    },
}

impl Broken {
    /// The first record that is wrong or cannot be vouched for, where one can be named.
    pub const fn first_bad_index(&self) -> Option<u64> {
        match self {
            Self::Record { index } | Self::Tile { index, .. } | Self::Unreadable { index, .. } => {
                Some(*index)
            }
            Self::Checkpoint(_)
            | Self::NoCheckpoint(_)
            | Self::Root { .. }
            | Self::Forked { .. } => None,
        }
    }
}

/// Recomputes the whole tree from the records and compares it with every tile, with the latest
/// checkpoint, and with an earlier checkpoint that the ledger has to continue.
pub fn verify(
    tiles: &impl Tiles,
    key: &VerifierKey,
    from: Option<&Checkpoint>,
) -> Result<Report, Broken> {
    let note = checkpoint::read(tiles).map_err(Broken::NoCheckpoint)?;
    let checkpoint = Checkpoint::open(&note, key)?;
    let (size, root) = (checkpoint.size, checkpoint.root);
    let continued = |from: &Checkpoint| from.size <= size && from.origin == checkpoint.origin;
    if let Some(from) = from.filter(|from| !continued(from)) {
        return Err(Broken::Forked { size: from.size });
    }
    let tree = Frontier::default();
    let mut check = Check { tiles, checkpoint: &checkpoint, from, tree, upper: Vec::new() };
    check.continues()?;
    for index in 0..size.div_ceil(u64::from(WIDTH)) {
        check.lowest_tile(index)?;
    }
    check.partial_upper_tiles()?;
    if check.tree.root() == root { Ok(Report { size, root }) } else { Err(Broken::Root { size }) }
}

struct Check<'a, T> {
    tiles: &'a T,
    checkpoint: &'a Checkpoint,
    from: Option<&'a Checkpoint>,
    tree: Frontier,
    /// For each tile level above the lowest, the hashes of the tile that is not yet full.
    upper: Vec<Vec<Hash>>,
}

impl<T: Tiles> Check<'_, T> {
    fn lowest_tile(&mut self, index: u64) -> Result<(), Broken> {
        let first = index * u64::from(WIDTH);
        let unreadable = |source| Broken::Unreadable { index: first, source };
        let bundle = self.read(Kind::Entries, index, Tile::read).map_err(unreadable)?;
        let hashes = self.read(Kind::Hashes(0), index, Tile::hashes).map_err(unreadable)?;
        let mut records = tile::entries(&bundle);
        for (at, expected) in (first..).zip(&hashes) {
            if records.next().map(merkle::leaf) != Some(*expected) {
                return Err(self.blame(at, expected));
            }
            self.append(*expected)?;
        }
        let used: usize = tile::entries(&bundle).map(|record| record.len() + 2).sum();
        let whole = used == bundle.len() && matches!(records.count() + hashes.len(), 1..=256);
        if whole {
            Ok(())
        } else {
            Err(unreadable(Fault::Malformed(self.path(Kind::Entries, index))))
        }
    }

    fn read<R>(
        &self,
        kind: Kind,
        index: u64,
        read: impl FnOnce(Tile, &T) -> Result<R, Fault>,
    ) -> Result<R, Fault> {
        let tile = Tile::of(kind, index, self.checkpoint.size);
        read(tile.ok_or_else(|| Fault::Missing(self.path(kind, index)))?, self.tiles)
    }

    fn path(&self, kind: Kind, index: u64) -> String {
        let tile = Tile::of(kind, index, self.checkpoint.size);
        tile.unwrap_or(Tile { kind, index, width: WIDTH }).to_string()
    }

    /// Says whether the record or the tile is wrong: a hash that leads to the checkpoint's root is
    /// the one that was logged.
    fn blame(&self, index: u64, expected: &Hash) -> Broken {
        let Checkpoint { size, root, .. } = self.checkpoint;
        let proof = merkle::inclusion(index, *size, &mut TiledNodes::new(self.tiles, *size));
        match proof {
            Ok(proof) if merkle::includes(index, *size, expected, &proof, root) => {
                Broken::Record { index }
            }
            Ok(_) => {
                let path = self.path(Kind::Hashes(0), index / u64::from(WIDTH));
                Broken::Tile { path, index }
            }
            Err(source) => Broken::Unreadable { index, source },
        }
    }

    fn append(&mut self, leaf: Hash) -> Result<(), Broken> {
        let mut complete = Vec::new();
        self.tree.append(leaf, |node, hash| {
            if node.level.is_multiple_of(HEIGHT) {
                complete.push((node, hash));
            }
        });
        for (node, hash) in complete {
            self.append_upper(node, hash)?;
        }
        self.continues()
    }

    fn append_upper(&mut self, node: Node, hash: Hash) -> Result<(), Broken> {
        let above = usize::try_from(node.level / HEIGHT).unwrap_or(1).saturating_sub(1);
        if self.upper.len() <= above {
            self.upper.push(Vec::new());
        }
        let Some(hashes) = self.upper.get_mut(above) else { return Ok(()) };
        hashes.push(hash);
        if hashes.len() < usize::from(WIDTH) {
            return Ok(());
        }
        let hashes = std::mem::take(hashes);
        self.upper_tile(above, node.index / u64::from(WIDTH), &hashes)
    }

    fn partial_upper_tiles(&self) -> Result<(), Broken> {
        for (above, hashes) in self.upper.iter().enumerate().filter(|(_, it)| !it.is_empty()) {
            let level = u8::try_from(above + 1).unwrap_or(u8::MAX);
            let index = Kind::Hashes(level).count(self.checkpoint.size) / u64::from(WIDTH);
            self.upper_tile(above, index, hashes)?;
        }
        Ok(())
    }

    fn upper_tile(&self, above: usize, index: u64, expected: &[Hash]) -> Result<(), Broken> {
        let level = u8::try_from(above + 1).unwrap_or(u8::MAX);
        let kind = Kind::Hashes(level);
        let first_record = |place: u64| {
            let node = index * u64::from(WIDTH) + place;
            node.checked_shl(u32::from(level) * HEIGHT).unwrap_or(0)
        };
        let found = self.read(kind, index, Tile::hashes);
        let found =
            found.map_err(|source| Broken::Unreadable { index: first_record(0), source })?;
        let mut places = (0..).zip(found.iter().zip(expected));
        match places.find(|(_, (found, expected))| found != expected) {
            None => Ok(()),
            Some((place, _)) => {
                Err(Broken::Tile { path: self.path(kind, index), index: first_record(place) })
            }
        }
    }

    /// Compares with the earlier checkpoint at the moment the tree is as large as it was.
    fn continues(&self) -> Result<(), Broken> {
        match self.from {
            Some(from) if from.size == self.tree.size() && from.root != self.tree.root() => {
                Err(Broken::Forked { size: from.size })
            }
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::{Sample, key, record, signer};

    fn checked(sample: &Sample) -> Result<Report, Broken> {
        verify(sample, &key(), None)
    }

    #[test]
    fn an_untouched_ledger_of_any_size_is_whole() {
        let mut sample = Sample::default();
        for size in [0, 1, 2, 255, 256, 257, 511, 512, 700] {
            sample.grow(size);
            let root = sample.growth.root();
            assert_eq!(checked(&sample).unwrap(), Report { size, root });
        }
    }

    #[test]
    fn a_ledger_with_three_levels_of_tiles_is_whole() {
        let mut sample = Sample::of(65_536 + 300);
        assert_eq!(checked(&sample).unwrap().size, 65_836);
        sample.flip("tile/2/000.p/1", 5);
        assert_eq!(checked(&sample).unwrap_err().first_bad_index(), Some(0));
    }

    #[test]
    fn every_flipped_byte_of_a_record_is_named_by_its_index() {
        let sample = Sample::of(300);
        let mut byte = 0;
        for index in 256..300 {
            for _ in 0..record(index).len() + 2 {
                let mut changed = sample.clone();
                changed.flip("tile/entries/001.p/44", byte);
                byte += 1;
                let broken = checked(&changed).unwrap_err();
                assert!(matches!(broken, Broken::Record { index: it } if it == index), "{broken}");
            }
        }
    }

    #[test]
    fn of_several_changed_records_the_first_is_named() {
        let mut sample = Sample::of(600);
        sample.flip("tile/entries/002.p/88", 9);
        sample.flip("tile/entries/001", 2);
        assert_eq!(checked(&sample).unwrap_err().first_bad_index(), Some(256));
    }

    #[test]
    fn a_flipped_byte_of_any_tile_names_the_tile_and_where_it_begins_to_lie() {
        for (path, byte, expected) in [
            ("tile/0/000", 0, 0),
            ("tile/0/000", 40, 1),
            ("tile/0/001", 32 * 255, 511),
            ("tile/0/002.p/88", 32 * 3, 515),
            ("tile/1/000.p/2", 33, 256),
        ] {
            let mut sample = Sample::of(600);
            sample.flip(path, byte);
            let broken = checked(&sample).unwrap_err();
            assert_eq!(broken.first_bad_index(), Some(expected), "{broken}");
            assert!(matches!(broken, Broken::Tile { path: it, .. } if it == path));
        }
    }

    #[test]
    fn a_file_that_is_gone_cut_or_longer_is_named() {
        for path in ["tile/0/001", "tile/entries/001", "tile/1/000.p/2", "tile/0/002.p/88"] {
            let mut gone = Sample::of(600);
            gone.files.remove(path);
            assert!(checked(&gone).is_err(), "{path}");
            let mut cut = Sample::of(600);
            cut.files.get_mut(path).unwrap().pop();
            assert!(checked(&cut).is_err(), "{path}");
            let mut longer = Sample::of(600);
            longer.files.get_mut(path).unwrap().push(0);
            assert!(checked(&longer).is_err(), "{path}");
        }
    }

    #[test]
    fn a_removed_record_is_noticed_even_when_tiles_are_made_to_fit() {
        let mut sample = Sample::default();
        for index in 1..300 {
            sample.growth.append(&record(index));
        }
        let honest = Sample::of(300);
        for file in sample.growth.take_files() {
            sample.files.insert(file.tile.to_string(), file.bytes);
        }
        sample.files.insert("checkpoint".into(), honest.files["checkpoint"].clone());
        assert!(checked(&sample).is_err());
    }

    #[test]
    fn a_checkpoint_that_the_records_do_not_bear_out_is_refused() {
        let mut sample = Sample::of(10);
        let note = signer().sign(10, [1; 32]);
        sample.files.insert("checkpoint".into(), note.into_bytes());
        assert!(matches!(checked(&sample), Err(Broken::Root { size: 10 })));
        let other = crate::checkpoint::Signer::from_seed("other", &[9; 32]).unwrap();
        let note = other.sign(10, sample.growth.root());
        sample.files.insert("checkpoint".into(), note.into_bytes());
        assert!(matches!(checked(&sample), Err(Broken::Checkpoint(_))));
        sample.files.remove("checkpoint");
        assert!(matches!(checked(&sample), Err(Broken::NoCheckpoint(Fault::Missing(_)))));
    }

    #[test]
    fn a_partial_tile_may_be_gone_once_the_full_one_is_there() {
        let mut sample = Sample::of(200);
        let note = sample.files["checkpoint"].clone();
        sample.grow(256);
        sample.files.retain(|path, _| !path.contains(".p/"));
        sample.files.insert("checkpoint".into(), note);
        assert_eq!(checked(&sample).unwrap().size, 200);
    }

    #[test]
    fn an_earlier_checkpoint_has_to_be_continued() {
        let mut sample = Sample::of(260);
        let note = String::from_utf8(sample.files["checkpoint"].clone()).unwrap();
        let earlier = Checkpoint::open(&note, &key()).unwrap();
        sample.grow(600);
        assert!(verify(&sample, &key(), Some(&earlier)).is_ok());
        let forked = |checkpoint: Checkpoint| {
            let found = verify(&sample, &key(), Some(&checkpoint));
            assert!(matches!(found, Err(Broken::Forked { size }) if size == checkpoint.size));
        };
        forked(Checkpoint { root: [3; 32], ..earlier.clone() });
        forked(Checkpoint { size: 259, ..earlier.clone() });
        forked(Checkpoint { size: 601, ..earlier.clone() });
        forked(Checkpoint { origin: "another".into(), ..earlier });
    }
}
