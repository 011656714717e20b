use std::convert::Infallible;

use proptest::prelude::*;

use super::*;

/// Nodes computed from all leaves, by the definition in RFC 9162, section 2.1.1.
struct Defined<'a>(&'a [Hash]);

fn defined_root(leaves: &[Hash]) -> Hash {
    match leaves {
        [] => empty_root(),
        [only] => *only,
        _ => {
            let middle = leaves.len().next_power_of_two() / 2;
            parent(&defined_root(&leaves[..middle]), &defined_root(&leaves[middle..]))
        }
    }
}

impl Nodes for Defined<'_> {
    type Error = Infallible;

    fn read(&mut self, node: Node) -> Result<Hash, Infallible> {
        let start = usize::try_from(node.index << node.level).unwrap();
        Ok(defined_root(&self.0[start..start + (1 << node.level)]))
    }
}

fn leaves(size: u64) -> Vec<Hash> {
    (0..size).map(|index| leaf(&index.to_be_bytes())).collect()
}

fn hash(hex: &str) -> Hash {
    let byte = |place: usize| u8::from_str_radix(&hex[place * 2..place * 2 + 2], 16).unwrap();
    std::array::from_fn(byte)
}

/// The leaves that the vectors of Certificate Transparency are over.
fn known_leaves() -> Vec<Hash> {
    let texts: [&[u8]; 8] = [
        b"",
        b"\x00",
        b"\x10",
        b"\x20\x21",
        b"\x30\x31",
        b"\x40\x41\x42\x43",
        b"\x50\x51\x52\x53\x54\x55\x56\x57",
        b"\x60\x61\x62\x63\x64\x65\x66\x67\x68\x69\x6a\x6b\x6c\x6d\x6e\x6f",
    ];
    texts.iter().map(|text| leaf(text)).collect()
}

const KNOWN_ROOTS: [&str; 8] = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
];

#[test]
fn the_roots_are_those_of_certificate_transparency() {
    let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    let mut tree = Frontier::default();
    assert_eq!(tree.root(), hash(empty));
    for (leaf, root) in known_leaves().into_iter().zip(KNOWN_ROOTS) {
        tree.append(leaf, |_, _| {});
        assert_eq!(tree.root(), hash(root));
    }
}

#[test]
fn the_inclusion_proofs_are_those_of_certificate_transparency() {
    let leaves = known_leaves();
    let check = |index: u64, size: u64, expected: &[&str]| {
        let proof = inclusion(index, size, &mut Defined(&leaves)).unwrap();
        assert_eq!(proof, expected.iter().map(|it| hash(it)).collect::<Vec<_>>());
    };
    check(0, 1, &[]);
    check(
        0,
        8,
        &[
            "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
            "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
            "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
        ],
    );
    check(
        5,
        8,
        &[
            "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
            "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
            "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        ],
    );
    check(2, 3, &["fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"]);
    check(
        1,
        5,
        &[
            "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
            "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
            "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        ],
    );
}

#[test]
fn the_consistency_proofs_are_those_of_certificate_transparency() {
    let leaves = known_leaves();
    let check = |old: u64, new: u64, expected: &[&str]| {
        let proof = consistency(old, new, &mut Defined(&leaves)).unwrap();
        assert_eq!(proof, expected.iter().map(|it| hash(it)).collect::<Vec<_>>());
    };
    check(1, 1, &[]);
    check(
        1,
        8,
        &[
            "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
            "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
            "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
        ],
    );
    check(
        6,
        8,
        &[
            "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
            "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
            "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        ],
    );
    check(
        2,
        5,
        &[
            "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
            "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        ],
    );
}

#[test]
fn what_no_tree_has_is_not_proven() {
    let root = leaf(b"");
    assert!(includes(0, 1, &root, &[], &root));
    assert!(!includes(0, 0, &root, &[], &root));
    assert!(!includes(1, 1, &root, &[], &root));
    assert!(!includes(u64::MAX, u64::MAX, &root, &[root; 64], &root));
    assert!(extends((0, &empty_root()), (3, &root), &[]));
    assert!(extends((2, &root), (2, &root), &[]));
    assert!(!extends((0, &root), (3, &root), &[]));
    assert!(!extends((0, &empty_root()), (3, &root), &[root]));
    assert!(!extends((2, &root), (1, &root), &[]));
    assert!(!extends((2, &root), (2, &root), &[root]));
    assert!(!extends((2, &root), (2, &empty_root()), &[]));
    assert!(!extends((1, &root), (2, &root), &[]));
    assert!(!extends((u64::MAX - 1, &root), (u64::MAX, &root), &[root; 70]));
}

fn flipped(proof: &[Hash], bit: usize) -> Vec<Hash> {
    let mut proof = proof.to_vec();
    proof[bit / 256][bit % 256 / 8] ^= 1 << (bit % 8);
    proof
}

proptest! {
    #[test]
    fn appending_agrees_with_the_definition(size in 0_u64..600) {
        let leaves = leaves(size);
        let mut tree = Frontier::default();
        for leaf in &leaves {
            tree.append(*leaf, |_, _| {});
        }
        prop_assert_eq!(tree.root(), defined_root(&leaves));
        prop_assert_eq!(Frontier::read(size, &mut Defined(&leaves)).unwrap(), tree);
    }

    #[test]
    fn completed_subtrees_are_told_with_their_hash(size in 0_u64..200) {
        let leaves = leaves(size);
        let mut tree = Frontier::default();
        for leaf in &leaves {
            tree.append(*leaf, |node, hash| {
                assert_eq!(Ok(hash), Defined(&leaves).read(node));
            });
        }
    }

    #[test]
    fn every_leaf_is_proven_and_no_flipped_bit_is(
        (size, index) in (1_u64..300).prop_flat_map(|size| (Just(size), 0..size)),
        bit in any::<prop::sample::Index>(),
    ) {
        let leaves = leaves(size);
        let place = usize::try_from(index).unwrap();
        let root = defined_root(&leaves);
        let proof = inclusion(index, size, &mut Defined(&leaves)).unwrap();
        prop_assert!(includes(index, size, &leaves[place], &proof, &root));
        prop_assert!(!includes(index ^ 1, size, &leaves[place], &proof, &root));
        prop_assert!(!includes(index, size, &leaf(b"other"), &proof, &root));
        let mut longer = proof.clone();
        longer.push(root);
        prop_assert!(!includes(index, size, &leaves[place], &longer, &root));
        if let Some((_, shorter)) = proof.split_last() {
            prop_assert!(!includes(index, size, &leaves[place], shorter, &root));
            let wrong = flipped(&proof, bit.index(proof.len() * 256));
            prop_assert!(!includes(index, size, &leaves[place], &wrong, &root));
        }
    }

    #[test]
    fn any_two_sizes_are_consistent_and_no_flipped_bit_is(
        (new, old) in (1_u64..300).prop_flat_map(|new| (Just(new), 1..=new)),
        bit in any::<prop::sample::Index>(),
    ) {
        let leaves = leaves(new);
        let new_root = defined_root(&leaves);
        let old_root = defined_root(&leaves[..usize::try_from(old).unwrap()]);
        let proof = consistency(old, new, &mut Defined(&leaves)).unwrap();
        prop_assert!(extends((old, &old_root), (new, &new_root), &proof));
        prop_assert!(!extends((old, &leaf(b"other")), (new, &new_root), &proof));
        prop_assert!(!extends((old, &old_root), (new, &leaf(b"other")), &proof));
        if let Some((_, shorter)) = proof.split_last() {
            prop_assert!(!extends((old, &old_root), (new, &new_root), shorter));
            let wrong = flipped(&proof, bit.index(proof.len() * 256));
            prop_assert!(!extends((old, &old_root), (new, &new_root), &wrong));
        }
    }
}
