//! Every threat that is written down names a test that exists.

#![expect(clippy::unwrap_used, reason = "a test that panics has failed")]

use std::fs;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The names of all functions that are tests.
fn tests_in(folder: &Path, names: &mut Vec<String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            tests_in(&path, names);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let source = fs::read_to_string(&path).unwrap();
            let after_attribute = source.split("test]\n").skip(1);
            let found = after_attribute.filter_map(|rest| {
                let (_, rest) = rest.lines().next()?.split_once("fn ")?;
                rest.split('(').next().map(str::to_owned)
            });
            names.extend(found);
        }
    }
}

fn named(table: &str) -> Vec<&str> {
    let rows =
        table.lines().filter(|line| line.starts_with("| ") && line.matches('|').count() == 4);
    let last_cells = rows.filter_map(|row| row.trim_end_matches(['|', ' ']).rsplit('|').next());
    last_cells
        .filter(|cell| cell.trim() != "test")
        .flat_map(|cell| cell.split('`').skip(1).step_by(2))
        .collect()
}

#[test]
fn every_threat_names_a_test_that_exists() {
    let mut tests = Vec::new();
    for folder in ["crates", "sdk/rust"] {
        tests_in(&root().join(folder), &mut tests);
    }
    assert!(tests.len() > 100, "the tests were found: {}", tests.len());
    let text = fs::read_to_string(root().join("docs/src/threats.md")).unwrap();
    let named = named(&text);
    assert!(named.len() > 20, "the rows were read: {named:?}");
    let missing: Vec<_> =
        named.iter().filter(|name| !tests.iter().any(|test| test == *name)).collect();
    assert!(missing.is_empty(), "no such test: {missing:?}");
}

#[test]
fn a_row_without_a_test_is_noticed() {
    let table = "| threat | what stops it | test |\n| a | b | `no_such_test` |\n| c | d | |\n";
    assert_eq!(named(table), ["no_such_test"]);
}
