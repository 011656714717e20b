//! The files a ledger is published as: C2SP tlog-tiles.
//!
//! A tile is 256 consecutive hashes of one level, a multiple of eight above the leaves; the last
//! one of a level may be partial. Entry bundles hold the records of one tile of the lowest level.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use crate::merkle::{Frontier, Hash, Node, Nodes};

/// How many hashes, or records, a full tile has.
pub const WIDTH: u16 = 256;
/// How many levels of the tree a tile spans.
pub const HEIGHT: u32 = 8;

/// Why a file could not be had, in the words of whoever reads it.
pub type Unreadable = Box<dyn std::error::Error + Send + Sync>;

/// The files of a ledger: a directory, or a server.
pub trait Tiles {
    /// The contents of a file; nothing when there is no such file.
    fn read(&self, path: &str) -> Result<Option<Vec<u8>>, Unreadable>;
}

/// What a tile is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// Hashes, eight tree levels above those of the tile level below.
    Hashes(u8),
    /// Records.
    Entries,
}

/// One tile by name; prints as its path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Tile {
    /// What it is made of.
    pub kind: Kind,
    /// Its place in its level.
    pub index: u64,
    /// How much of it is there: 1 to 256.
    pub width: u16,
}

/// Why a tile does not give what it should.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// The file is not there.
    #[error("{0} is missing")]
    Missing(String),
    /// The file does not have the form of what it should hold.
    #[error("{0} is not well-formed")]
    Malformed(String),
    /// The file cannot be read.
    #[error("{path} cannot be read")]
    Unreadable {
        /// Which file.
        path: String,
        /// Why.
        source: Unreadable,
    },
}

/// Why a text is not the path of a tile.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not the path of a tile")]
pub struct NotATile;

impl Kind {
    /// How many hashes or records of this kind a ledger of `size` records has.
    pub fn count(self, size: u64) -> u64 {
        match self {
            Self::Entries => size,
            Self::Hashes(level) => size.checked_shr(u32::from(level) * HEIGHT).unwrap_or(0),
        }
    }
}

impl Tile {
    /// The tile at a place, as wide as it is in a ledger of `size` records; nothing when empty.
    pub fn of(kind: Kind, index: u64, size: u64) -> Option<Self> {
        let before = index.checked_mul(u64::from(WIDTH))?;
        let rest = kind.count(size).checked_sub(before).filter(|rest| *rest > 0)?;
        Some(Self { kind, index, width: u16::try_from(rest).unwrap_or(WIDTH).min(WIDTH) })
    }

    /// The same tile when it is full.
    #[must_use]
    pub const fn full(self) -> Self {
        Self { width: WIDTH, ..self }
    }

    /// Reads the tile, or the full one where the partial one is gone, and cuts it to its width.
    pub fn read(self, tiles: &impl Tiles) -> Result<Vec<u8>, Fault> {
        let found = read_file(tiles, &self.to_string())?;
        match found {
            Some(bytes) => Ok(bytes),
            None if self.width < WIDTH => read_file(tiles, &self.full().to_string())?
                .ok_or_else(|| Fault::Missing(self.to_string())),
            None => Err(Fault::Missing(self.to_string())),
        }
    }

    /// Reads the hashes of a tile of hashes.
    pub fn hashes(self, tiles: &impl Tiles) -> Result<Vec<Hash>, Fault> {
        let bytes = self.read(tiles)?;
        let malformed = || Fault::Malformed(self.to_string());
        let (hashes, rest) = bytes.as_chunks::<32>();
        let width = usize::from(self.width);
        if !rest.is_empty() || (hashes.len() != width && hashes.len() != usize::from(WIDTH)) {
            return Err(malformed());
        }
        hashes.get(..width).map(<[Hash]>::to_vec).ok_or_else(malformed)
    }
}

fn read_file(tiles: &impl Tiles, path: &str) -> Result<Option<Vec<u8>>, Fault> {
    tiles.read(path).map_err(|source| Fault::Unreadable { path: path.to_owned(), source })
}

impl fmt::Display for Tile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kind {
            Kind::Hashes(level) => write!(f, "tile/{level}/")?,
            Kind::Entries => f.write_str("tile/entries/")?,
        }
        let digits = self.index.to_string();
        let digits = format!("{digits:0>width$}", width = digits.len().div_ceil(3) * 3);
        let (groups, _) = digits.as_bytes().as_chunks::<3>();
        for (place, group) in groups.iter().enumerate() {
            let lead = if place + 1 < groups.len() { "x" } else { "" };
            let tail = if place + 1 < groups.len() { "/" } else { "" };
            write!(f, "{lead}{}{tail}", String::from_utf8_lossy(group))?;
        }
        if self.width < WIDTH { write!(f, ".p/{}", self.width) } else { Ok(()) }
    }
}

impl FromStr for Tile {
    type Err = NotATile;

    fn from_str(path: &str) -> Result<Self, NotATile> {
        let (level, rest) =
            path.strip_prefix("tile/").and_then(|rest| rest.split_once('/')).ok_or(NotATile)?;
        let kind = match level {
            "entries" => Kind::Entries,
            level => Kind::Hashes(level.parse().map_err(|_| NotATile)?),
        };
        let (index, width) = match rest.split_once(".p/") {
            Some((index, width)) => (index, width.parse().map_err(|_| NotATile)?),
            None => (rest, WIDTH),
        };
        if index.len() > 40 {
            return Err(NotATile);
        }
        let digits: String = index.chars().filter(char::is_ascii_digit).collect();
        let tile = Self { kind, index: digits.parse().map_err(|_| NotATile)?, width };
        // There is one way to write each path, and none for a level or width out of range.
        let in_range = !matches!(kind, Kind::Hashes(64..)) && (1..=WIDTH).contains(&width);
        if in_range && tile.to_string() == path { Ok(tile) } else { Err(NotATile) }
    }
}

/// Appends a record to an entry bundle, unless it has more than [`crate::entry::MAX_BYTES`].
pub fn append_entry(record: &[u8], bundle: &mut Vec<u8>) {
    if let Ok(length) = u16::try_from(record.len()) {
        bundle.extend_from_slice(&length.to_be_bytes());
        bundle.extend_from_slice(record);
    }
}

/// The records of an entry bundle, in order; ends early where the bundle is cut off.
pub fn entries(bundle: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = bundle;
    std::iter::from_fn(move || {
        let (length, tail) = rest.split_first_chunk::<2>()?;
        let length = usize::from(u16::from_be_bytes(*length));
        let (record, tail) = tail.split_at_checked(length)?;
        rest = tail;
        Some(record)
    })
}

/// The record at `index` of a ledger of `size` records.
pub fn record(index: u64, size: u64, tiles: &impl Tiles) -> Result<Vec<u8>, Fault> {
    let absent = || Fault::Missing(format!("record {index}"));
    let tile = Tile::of(Kind::Entries, index / u64::from(WIDTH), size);
    let tile = tile.filter(|_| index < size).ok_or_else(absent)?;
    let place = usize::try_from(index % u64::from(WIDTH)).map_err(|_| absent())?;
    let bundle = tile.read(tiles)?;
    let found = entries(&bundle).nth(place);
    found.map(<[u8]>::to_vec).ok_or_else(|| Fault::Malformed(tile.to_string()))
}

/// The nodes of the tree of the first `size` records, computed from tiles; each is read once.
pub struct TiledNodes<'a, T> {
    tiles: &'a T,
    size: u64,
    read: BTreeMap<Tile, Vec<Hash>>,
}

impl<'a, T: Tiles> TiledNodes<'a, T> {
    /// The nodes of a ledger of `size` records.
    pub const fn new(tiles: &'a T, size: u64) -> Self {
        Self { tiles, size, read: BTreeMap::new() }
    }
}

impl<T: Tiles> Nodes for TiledNodes<'_, T> {
    type Error = Fault;

    fn read(&mut self, node: Node) -> Result<Hash, Fault> {
        let absent = || Fault::Missing(format!("node {} of level {}", node.index, node.level));
        let level = u8::try_from(node.level / HEIGHT).map_err(|_| absent())?;
        let height = node.level % HEIGHT;
        let index = node.index >> (HEIGHT - height);
        let tile = Tile::of(Kind::Hashes(level), index, self.size).ok_or_else(absent)?;
        let hashes = match self.read.entry(tile) {
            std::collections::btree_map::Entry::Occupied(held) => held.into_mut(),
            std::collections::btree_map::Entry::Vacant(place) => {
                place.insert(tile.hashes(self.tiles)?)
            }
        };
        let first = (node.index << height) % u64::from(WIDTH);
        let first = usize::try_from(first).map_err(|_| absent())?;
        let below = hashes.get(first..first + (1 << height)).ok_or_else(absent)?;
        let mut subtree = Frontier::default();
        for hash in below {
            subtree.append(*hash, |_, _| {});
        }
        Ok(subtree.root())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::{Sample, record as sample_record};
    use proptest::prelude::*;

    fn check(path: &str, kind: Kind, index: u64, width: u16) {
        let tile = Tile { kind, index, width };
        assert_eq!(tile.to_string(), path);
        assert_eq!(path.parse(), Ok(tile));
    }

    #[test]
    fn paths_are_those_of_the_standard() {
        check("tile/0/000", Kind::Hashes(0), 0, 256);
        check("tile/0/x001/x234/067", Kind::Hashes(0), 1_234_067, 256);
        check("tile/3/x001/000.p/17", Kind::Hashes(3), 1_000, 17);
        check("tile/entries/999", Kind::Entries, 999, 256);
        check("tile/entries/x018/x446/x744/x073/x709/x551/615", Kind::Entries, u64::MAX, 256);
    }

    #[test]
    fn any_other_path_is_refused() {
        for path in [
            "",
            "tile/0/",
            "tile/0/0",
            "tile/0/0000",
            "tile/00/000",
            "tile/64/000",
            "tile/-1/000",
            "tile/0/x000/001",
            "tile/0/001/234",
            "tile/0/x001",
            "tile/0/000.p/0",
            "tile/0/000.p/256",
            "tile/0/000.p/01",
            "tile/0/000.p/",
            "tile/0/../../../etc/passwd",
            "/tile/0/000",
            "tile/entries/x018/x446/x744/x073/x709/x551/616",
            "tile/data/000",
            "checkpoint",
        ] {
            assert_eq!(path.parse::<Tile>(), Err(NotATile), "{path}");
        }
    }

    #[test]
    fn partial_tiles_are_as_wide_as_the_standard_says() {
        let width = |level, index| Tile::of(Kind::Hashes(level), index, 70_000).map(|it| it.width);
        assert_eq!(width(0, 272), Some(256));
        assert_eq!(width(0, 273), Some(112));
        assert_eq!(width(0, 274), None);
        assert_eq!(width(1, 1), Some(17));
        assert_eq!(width(2, 0), Some(1));
        assert_eq!(width(3, 0), None);
        assert_eq!(width(0, u64::MAX), None);
    }

    #[test]
    fn records_are_read_by_index() {
        let sample = Sample::of(600);
        for index in [0, 255, 256, 599] {
            assert_eq!(record(index, 600, &sample).unwrap(), sample_record(index));
        }
        for index in [600, 601, u64::MAX] {
            assert!(matches!(record(index, 600, &sample), Err(Fault::Missing(_))));
        }
    }

    proptest! {
        #[test]
        fn bundles_give_back_what_was_put_in(
            records: Vec<Vec<u8>>
        ) {
            let mut bundle = Vec::new();
            for record in &records {
                append_entry(record, &mut bundle);
            }
            let found: Vec<Vec<u8>> = entries(&bundle).map(<[u8]>::to_vec).collect();
            prop_assert_eq!(found, records);
        }

        #[test]
        fn any_text_is_a_path_or_refused(path in "tile/(entries|[0-9]{1,2})/[x0-9/.p]{0,20}") {
            if let Ok(tile) = path.parse::<Tile>() {
                prop_assert_eq!(tile.to_string(), path);
            }
        }
    }
}
