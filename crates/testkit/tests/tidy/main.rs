//! The house rules on size, names and shape, held on every file; and the rules held on bad input.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test stops at the first thing that is not as it should be"
)]

mod banned;
mod circle;
mod refusals;
mod size;
mod source;
mod words;

use std::collections::BTreeMap;

use source::Source;

/// Findings that are allowed to stay, each with why. It only ever shrinks.
const ALLOWED: &[(&str, &str)] = &[];

#[test]
fn every_file_function_line_and_parameter_list_is_short() {
    hold(source::all().iter().filter(|it| it.is_rust()).flat_map(size::check));
}

#[test]
fn no_code_is_unfinished_and_no_test_sleeps_or_is_ignored() {
    hold(source::all().iter().filter(|it| it.is_rust()).flat_map(banned::check));
}

#[test]
fn every_file_name_says_what_is_in_it() {
    hold(source::all().iter().flat_map(words::name));
}

#[test]
fn no_text_speaks_of_where_it_was_written() {
    hold(source::all().iter().flat_map(words::workplace));
}

#[test]
fn every_crate_opens_with_what_it_knows() {
    hold(source::all().iter().filter_map(words::opening));
}

#[test]
fn no_files_of_a_crate_import_each_other_in_a_circle() {
    let sources = source::all();
    let mut crates: BTreeMap<&str, Vec<(String, &Source)>> = BTreeMap::new();
    for source in sources.iter().filter(|it| it.is_rust() && !it.path.starts_with("fuzz/")) {
        if let Some((folder, path)) = source.path.split_once("/src/") {
            crates.entry(folder).or_default().push((path.to_owned(), source));
        }
    }
    assert!(crates.len() > 8, "{:?}", crates.keys());
    hold(crates.iter().flat_map(|(folder, files)| {
        circle::find(files).into_iter().map(move |circle| format!("{folder}: {circle}"))
    }));
}

fn hold(found: impl Iterator<Item = String>) {
    let allowed = |it: &String| ALLOWED.iter().any(|(start, _)| it.starts_with(start));
    let found: Vec<String> = found.filter(|it| !allowed(it)).collect();
    assert!(found.is_empty(), "\n{}\n", found.join("\n"));
}
