//! Turns records into the tiles that a ledger grows by. Pure: whoever calls writes the files.

use crate::merkle::{self, Frontier, Hash};
use crate::tile::{self, Fault, HEIGHT, Kind, Tile, TiledNodes, Tiles, WIDTH};

/// A file of the ledger and what it holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// Which file.
    pub tile: Tile,
    /// Its contents.
    pub bytes: Vec<u8>,
}

/// The growing end of a ledger: the right edge of the tree and the tiles that are not yet full.
#[derive(Debug, Clone, Default)]
pub struct Growth {
    tree: Frontier,
    entries: Vec<u8>,
    /// For each tile level, the hashes of its last tile, and how many of them were last written.
    levels: Vec<(Vec<u8>, usize)>,
    full: Vec<Written>,
}

impl Growth {
    /// Takes up a ledger of `size` records where it was left.
    pub fn resume(size: u64, tiles: &impl Tiles) -> Result<Self, Fault> {
        let tree = Frontier::read(size, &mut TiledNodes::new(tiles, size))?;
        let last = |kind: Kind| Tile::of(kind, kind.count(size) / u64::from(WIDTH), size);
        let mut levels = Vec::new();
        for level in 0..u8::MAX {
            let kind = Kind::Hashes(level);
            if kind.count(size) == 0 {
                break;
            }
            let hashes = last(kind).map(|tile| tile.hashes(tiles)).transpose()?.unwrap_or_default();
            let bytes = hashes.concat();
            let written = bytes.len();
            levels.push((bytes, written));
        }
        let entries = match last(Kind::Entries) {
            Some(tile) => started(tile, tile.read(tiles)?)?,
            None => Vec::new(),
        };
        Ok(Self { tree, entries, levels, full: Vec::new() })
    }

    /// How many records there are.
    pub const fn size(&self) -> u64 {
        self.tree.size()
    }

    /// The root over them.
    pub fn root(&self) -> Hash {
        self.tree.root()
    }

    /// Appends a record, which has at most [`crate::entry::MAX_BYTES`].
    pub fn append(&mut self, record: &[u8]) {
        let Self { tree, entries, levels, full } = self;
        let index = tree.size() / u64::from(WIDTH);
        let leaf = merkle::leaf(record);
        tile::append_entry(record, entries);
        push(levels, 0, index, &leaf, full);
        tree.append(leaf, |node, hash| {
            if node.level.is_multiple_of(HEIGHT) {
                push(levels, node.level / HEIGHT, node.index / u64::from(WIDTH), &hash, full);
            }
        });
        if tree.size().is_multiple_of(u64::from(WIDTH)) {
            let bytes = std::mem::take(entries);
            full.push(Written { tile: Tile { kind: Kind::Entries, index, width: WIDTH }, bytes });
        }
    }

    /// The tiles that have become full since the last call of this or [`Growth::take_files`].
    pub fn take_full(&mut self) -> Vec<Written> {
        std::mem::take(&mut self.full)
    }

    /// The files that differ from those of the last call: full tiles, and for the size of now the
    /// partial ones.
    pub fn take_files(&mut self) -> Vec<Written> {
        let size = self.size();
        let partial = |kind: Kind| Tile::of(kind, kind.count(size) / u64::from(WIDTH), size);
        let mut files = self.take_full();
        let mut changed = false;
        for ((hashes, written), level) in self.levels.iter_mut().zip(0_u8..) {
            let fresh = hashes.len() != *written;
            *written = hashes.len();
            changed |= fresh && level == 0;
            if let Some(tile) = partial(Kind::Hashes(level)).filter(|_| fresh) {
                files.push(Written { tile, bytes: hashes.clone() });
            }
        }
        if let Some(tile) = partial(Kind::Entries).filter(|_| changed) {
            files.push(Written { tile, bytes: self.entries.clone() });
        }
        files
    }
}

/// Adds a hash to the last tile of a level, and takes the tile away when that makes it full.
fn push(
    levels: &mut Vec<(Vec<u8>, usize)>,
    level: u32,
    index: u64,
    hash: &Hash,
    full: &mut Vec<Written>,
) {
    let (Ok(place), Ok(level)) = (usize::try_from(level), u8::try_from(level)) else { return };
    if levels.len() <= place {
        levels.push((Vec::new(), 0));
    }
    let Some((hashes, written)) = levels.get_mut(place) else { return };
    hashes.extend_from_slice(hash);
    if hashes.len() == usize::from(WIDTH) * hash.len() {
        let bytes = std::mem::take(hashes);
        *written = 0;
        full.push(Written { tile: Tile { kind: Kind::Hashes(level), index, width: WIDTH }, bytes });
    }
}

/// The first records of a bundle that may since have grown.
fn started(tile: Tile, bundle: Vec<u8>) -> Result<Vec<u8>, Fault> {
    let records = tile::entries(&bundle).take(usize::from(tile.width));
    let (count, bytes) =
        records.fold((0, 0), |(count, bytes), record| (count + 1, bytes + 2 + record.len()));
    if count != usize::from(tile.width) {
        return Err(Fault::Malformed(tile.to_string()));
    }
    let mut bundle = bundle;
    bundle.truncate(bytes);
    Ok(bundle)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::Sample;
    use proptest::prelude::*;

    #[test]
    fn a_tree_has_the_tiles_the_standard_counts() {
        let sample = Sample::of(600);
        let paths: Vec<_> = sample.files.keys().map(String::as_str).collect();
        let expected = [
            "checkpoint",
            "tile/0/000",
            "tile/0/001",
            "tile/0/002.p/88",
            "tile/1/000.p/2",
            "tile/entries/000",
            "tile/entries/001",
            "tile/entries/002.p/88",
        ];
        assert_eq!(paths, expected);
    }

    #[test]
    fn a_full_tile_leaves_no_partial_one() {
        let sample = Sample::of(256);
        let paths: Vec<_> = sample.files.keys().map(String::as_str).collect();
        assert_eq!(paths, ["checkpoint", "tile/0/000", "tile/1/000.p/1", "tile/entries/000"]);
    }

    #[test]
    fn what_did_not_change_is_not_written_again() {
        let mut sample = Sample::of(300);
        assert_eq!(sample.growth.take_files(), []);
        sample.growth.append(b"x");
        let paths: Vec<_> =
            sample.growth.take_files().iter().map(|file| file.tile.to_string()).collect();
        assert_eq!(paths, ["tile/0/001.p/45", "tile/entries/001.p/45"]);
    }

    #[test]
    fn full_tiles_can_be_taken_before_the_partial_ones() {
        let mut growth = Growth::default();
        (0..300).for_each(|_| growth.append(b"x"));
        let paths = |files: Vec<Written>| -> Vec<String> {
            files.iter().map(|file| file.tile.to_string()).collect()
        };
        assert_eq!(paths(growth.take_full()), ["tile/0/000", "tile/entries/000"]);
        assert_eq!(paths(growth.take_full()), [""; 0]);
        let partial = ["tile/0/001.p/44", "tile/1/000.p/1", "tile/entries/001.p/44"];
        assert_eq!(paths(growth.take_files()), partial);
    }

    #[test]
    fn a_bundle_that_is_cut_off_is_not_taken_up() {
        let mut sample = Sample::of(10);
        sample.files.get_mut("tile/entries/000.p/10").unwrap().pop();
        let path = "tile/entries/000.p/10".to_owned();
        let resumed = Growth::resume(10, &sample);
        assert!(matches!(resumed, Err(Fault::Malformed(it)) if it == path));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]

        #[test]
        fn a_ledger_taken_up_again_grows_into_the_same(first in 0_u64..700, more in 0_u64..600) {
            let whole = Sample::of(first + more);
            let mut parts = Sample::of(first);
            parts.growth = Growth::resume(first, &parts).unwrap();
            parts.grow(first + more);
            prop_assert_eq!(parts.growth.root(), whole.growth.root());
            for (path, bytes) in &whole.files {
                prop_assert_eq!(parts.files.get(path), Some(bytes), "{}", path);
            }
        }
    }
}
