//! Every parser on its corpus, and on some thousand mutations of it that are the same each time.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test stops at the first thing that is not as it should be"
)]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use bailiwick_testkit::fuzz::ENTRIES;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

const MUTATIONS: u32 = 3_000;
const LONGEST: usize = 64 * 1024;

fn fuzz() -> PathBuf {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../fuzz")).to_owned()
}

fn corpus(name: &str) -> Vec<Vec<u8>> {
    let files = fs::read_dir(fuzz().join("corpus").join(name)).unwrap();
    let mut files: Vec<PathBuf> = files.map(|it| it.unwrap().path()).collect();
    files.sort();
    assert!(files.len() >= 8, "the corpus of `{name}` has {} files", files.len());
    files.iter().map(|it| fs::read(it).unwrap()).collect()
}

#[test]
fn no_parser_panics_on_its_corpus() {
    for (name, entry) in ENTRIES {
        for data in corpus(name) {
            entry(&data);
        }
    }
}

#[test]
fn no_parser_panics_on_a_mutation_of_its_corpus() {
    for (name, entry) in ENTRIES {
        let corpus = corpus(name);
        let changes = vec(any::<(u8, Index, Index, Vec<u8>)>(), 1..5);
        let config = Config { cases: MUTATIONS, failure_persistence: None, ..Config::default() };
        let rng = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
        let mut runner = TestRunner::new_with_rng(config, rng);
        let run = runner.run(&(any::<Index>(), changes), |(first, changes)| {
            let mut data = first.get(&corpus).clone();
            for (kind, at, other, bytes) in changes {
                data = mutate(&data, (kind, at, other), &bytes, &corpus);
            }
            entry(&data);
            Ok(())
        });
        run.unwrap_or_else(|failure| panic!("{name}: {failure}"));
    }
}

fn mutate(
    data: &[u8],
    (kind, at, other): (u8, Index, Index),
    bytes: &[u8],
    corpus: &[Vec<u8>],
) -> Vec<u8> {
    let (start, end) = (at.index(data.len() + 1), other.index(data.len() + 1));
    let (start, end) = (start.min(end), start.max(end));
    let (before, within, after) = (&data[..start], &data[start..end], &data[end..]);
    let mut mutated = match kind % 6 {
        0 => [before, after].concat(),
        1 => [before, bytes, after].concat(),
        2 => [before, within, within, after].concat(),
        3 => [before, other.get(corpus).as_slice(), after].concat(),
        4 => [before, &within.repeat(usize::from(kind)), after].concat(),
        _ => {
            let flip = |byte: &u8| byte ^ (1 << (kind % 8));
            [before, &within.iter().take(1).map(flip).collect::<Vec<_>>(), after].concat()
        }
    };
    mutated.truncate(LONGEST);
    mutated
}

#[test]
fn every_parser_has_a_target_and_every_target_a_parser() {
    let names: BTreeSet<String> = ENTRIES.iter().map(|(name, _)| (*name).to_owned()).collect();
    let inside = |folder: &str| -> BTreeSet<String> {
        let entries = fs::read_dir(fuzz().join(folder)).unwrap();
        let stem = |it: PathBuf| it.file_stem().unwrap().to_str().unwrap().to_owned();
        entries.map(|it| stem(it.unwrap().path())).collect()
    };
    assert_eq!(inside("targets"), names);
    assert_eq!(inside("corpus"), names);
    let manifest = fs::read_to_string(fuzz().join("Cargo.toml")).unwrap();
    for name in names {
        assert!(manifest.contains(&format!("path = \"targets/{name}.rs\"")), "{name}");
    }
}
