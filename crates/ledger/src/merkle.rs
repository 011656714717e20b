//! The Merkle tree over records: RFC 9162, section 2.1 (the same tree as RFC 6962).
//!
//! A tree of `n` leaves is never held whole. [`Frontier`] keeps the roots of the complete subtrees
//! it consists of, one for each bit set in `n`, and that is enough to append; whoever wants a proof
//! reads further nodes through [`Nodes`].

use aws_lc_rs::digest;

/// A SHA-256 hash.
pub type Hash = [u8; 32];

/// The root of a complete subtree: `2^level` leaves from leaf `index · 2^level` on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Node {
    /// Its height above the leaves.
    pub level: u32,
    /// Its place among the nodes of that height.
    pub index: u64,
}

/// Where the hashes of complete subtrees come from.
pub trait Nodes {
    /// Why a node cannot be had.
    type Error;

    /// The hash of a complete subtree.
    fn read(&mut self, node: Node) -> Result<Hash, Self::Error>;
}

/// The hash of a leaf.
pub fn leaf(record: &[u8]) -> Hash {
    let mut hashing = digest::Context::new(&digest::SHA256);
    hashing.update(&[0]);
    hashing.update(record);
    finished(hashing)
}

/// The hash of an inner node.
pub fn parent(left: &Hash, right: &Hash) -> Hash {
    let mut message = [1_u8; 65];
    if let Some((_, children)) = message.split_first_mut() {
        for (place, byte) in children.iter_mut().zip(left.iter().chain(right)) {
            *place = *byte;
        }
    }
    let mut hashing = digest::Context::new(&digest::SHA256);
    hashing.update(&message);
    finished(hashing)
}

/// The root of a tree without leaves: the hash of nothing.
pub fn empty_root() -> Hash {
    finished(digest::Context::new(&digest::SHA256))
}

fn finished(hashing: digest::Context) -> Hash {
    let mut hash = Hash::default();
    for (place, byte) in hash.iter_mut().zip(hashing.finish().as_ref()) {
        *place = *byte;
    }
    hash
}

/// The complete subtrees that leaves `start..end` consist of, from the left, as in the tree itself:
/// each is as large as its place and the rest allow.
fn cover(start: u64, end: u64) -> impl Iterator<Item = Node> {
    let mut start = start;
    std::iter::from_fn(move || {
        let length = end.checked_sub(start).filter(|length| *length > 0)?;
        let level = length.ilog2().min(start.trailing_zeros());
        let node = Node { level, index: start.checked_shr(level)? };
        start += 1 << level;
        Some(node)
    })
}

/// Joins the roots of adjacent subtrees, given from the left, to one.
fn fold(hashes: &[Hash]) -> Hash {
    let Some((last, rest)) = hashes.split_last() else { return empty_root() };
    rest.iter().rfold(*last, |right, left| parent(left, &right))
}

/// The root of leaves `start..end`, where `start` is where a subtree of that size begins.
fn subtree<N: Nodes>(start: u64, end: u64, nodes: &mut N) -> Result<Hash, N::Error> {
    let hashes: Result<Vec<Hash>, _> = cover(start, end).map(|node| nodes.read(node)).collect();
    Ok(fold(&hashes?))
}

/// The largest power of two that is smaller than `length`, which is at least 2.
const fn split(length: u64) -> u64 {
    1 << (length - 1).ilog2()
}

/// The right edge of a tree: all that is needed to append to it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Frontier {
    size: u64,
    /// The roots of the complete subtrees, from the left; one for each bit set in `size`.
    roots: Vec<Hash>,
}

impl Frontier {
    /// The right edge of the first `size` leaves.
    pub fn read<N: Nodes>(size: u64, nodes: &mut N) -> Result<Self, N::Error> {
        let roots: Result<_, _> = cover(0, size).map(|node| nodes.read(node)).collect();
        Ok(Self { size, roots: roots? })
    }

    /// How many leaves there are.
    pub const fn size(&self) -> u64 {
        self.size
    }

    /// The root of the whole tree.
    pub fn root(&self) -> Hash {
        fold(&self.roots)
    }

    /// Appends a leaf and tells `complete` of each subtree that it completes above itself.
    pub fn append(&mut self, leaf: Hash, mut complete: impl FnMut(Node, Hash)) {
        let mut hash = leaf;
        let mut node = Node { level: 0, index: self.size };
        while node.index & 1 == 1 {
            let Some(left) = self.roots.pop() else { break };
            hash = parent(&left, &hash);
            node = Node { level: node.level + 1, index: node.index >> 1 };
            complete(node, hash);
        }
        self.roots.push(hash);
        self.size += 1;
    }
}

/// The hashes that prove leaf `index` to be in the tree of the first `size` leaves, from its
/// sibling up (RFC 9162, section 2.1.3.1). Empty when there is no such leaf.
pub fn inclusion<N: Nodes>(index: u64, size: u64, nodes: &mut N) -> Result<Vec<Hash>, N::Error> {
    let mut siblings = Vec::new();
    let (mut start, mut end) = (0, size);
    while end - start > 1 && index < size {
        let middle = start + split(end - start);
        if index < middle {
            siblings.push((middle, end));
            end = middle;
        } else {
            siblings.push((start, middle));
            start = middle;
        }
    }
    siblings.iter().rev().map(|(start, end)| subtree(*start, *end, nodes)).collect()
}

/// The hashes that prove the tree of the first `new` leaves to begin with that of the first `old`
/// (RFC 9162, section 2.1.4.1). Empty when `old` is zero or not smaller.
pub fn consistency<N: Nodes>(old: u64, new: u64, nodes: &mut N) -> Result<Vec<Hash>, N::Error> {
    if old == 0 || old >= new {
        return Ok(Vec::new());
    }
    let mut ranges = Vec::new();
    let (mut start, mut end) = (0, new);
    while end != old {
        let middle = start + split(end - start);
        if old <= middle {
            ranges.push((middle, end));
            end = middle;
        } else {
            ranges.push((start, middle));
            start = middle;
        }
    }
    if start != 0 {
        ranges.push((start, end));
    }
    ranges.iter().rev().map(|(start, end)| subtree(*start, *end, nodes)).collect()
}

/// The way from a leaf to the root, as both verifications walk it: the leaf's ancestor and the last
/// node, each by its place in the current level.
struct Climb {
    node: u64,
    last: u64,
}

/// On which side of the path a sibling joins.
enum Side {
    Left,
    Right,
}

impl Climb {
    /// One step up; nothing at the root.
    fn step(&mut self) -> Option<Side> {
        if self.last == 0 {
            return None;
        }
        let is_right = self.node & 1 == 1;
        if !is_right && self.node != self.last {
            self.shift(1);
            return Some(Side::Right);
        }
        // A node without a right sibling rises unhashed to where it is one itself.
        let unhashed = if is_right { 0 } else { self.node.trailing_zeros() };
        self.shift(unhashed + 1);
        Some(Side::Left)
    }

    fn shift(&mut self, levels: u32) {
        self.node = self.node.checked_shr(levels).unwrap_or(0);
        self.last = self.last.checked_shr(levels).unwrap_or(0);
    }
}

/// Whether `proof` shows `leaf` to be at `index` of the tree of `size` leaves with this root
/// (RFC 9162, section 2.1.3.2).
pub fn includes(index: u64, size: u64, leaf: &Hash, proof: &[Hash], root: &Hash) -> bool {
    let Some(last) = size.checked_sub(1).filter(|last| index <= *last) else { return false };
    let mut climb = Climb { node: index, last };
    let mut hash = *leaf;
    for sibling in proof {
        hash = match climb.step() {
            None => return false,
            Some(Side::Left) => parent(sibling, &hash),
            Some(Side::Right) => parent(&hash, sibling),
        };
    }
    climb.last == 0 && hash == *root
}

/// Whether `proof` shows the tree `new` to begin with the tree `old`; each is a size and a root
/// (RFC 9162, section 2.1.4.2). Every tree begins with the empty one.
pub fn extends(old: (u64, &Hash), new: (u64, &Hash), proof: &[Hash]) -> bool {
    let ((old_size, old_root), (new_size, new_root)) = (old, new);
    if old_size == 0 {
        return proof.is_empty() && *old_root == empty_root();
    }
    if old_size >= new_size {
        return proof.is_empty() && old == new;
    }
    let mut rest = proof.iter();
    let first = if old_size.is_power_of_two() { Some(old_root) } else { rest.next() };
    let Some(first) = first else { return false };
    let mut climb = Climb { node: old_size - 1, last: new_size - 1 };
    climb.shift(climb.node.trailing_ones());
    let (mut old_hash, mut new_hash) = (*first, *first);
    for sibling in rest {
        match climb.step() {
            None => return false,
            Some(Side::Left) => {
                old_hash = parent(sibling, &old_hash);
                new_hash = parent(sibling, &new_hash);
            }
            Some(Side::Right) => new_hash = parent(&new_hash, sibling),
        }
    }
    climb.last == 0 && old_hash == *old_root && new_hash == *new_root
}

#[cfg(test)]
mod tests;
