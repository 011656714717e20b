//! Holds the arrow table of ARCHITECTURE.md against what the manifests say.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test stops at the first thing that is not as it should be"
)]

mod table;
mod workspace;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use table::Table;
use workspace::{Dependency, Package, packages, root};

#[test]
fn every_import_is_in_the_arrow_table() {
    let page = fs::read_to_string(root().join("ARCHITECTURE.md")).unwrap();
    let found = violations(&Table::read(&page), &packages());
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn every_dependency_is_used() {
    let idle: Vec<String> = packages().iter().flat_map(idle).collect();
    assert!(idle.is_empty(), "{}", idle.join("\n"));
}

#[test]
fn only_the_benchmark_can_have_a_permit_for_nothing() {
    assert_eq!(asking(&packages(), "constant-permit"), ["bench"]);
}

/// Who asks for a feature, or has it unasked.
fn asking<'a>(packages: &'a [Package], feature: &str) -> Vec<&'a str> {
    let named = |features: &[String]| features.iter().any(|it| it == feature);
    let asks =
        |it: &&Package| named(&it.defaults) || it.dependencies.iter().any(|it| named(&it.features));
    packages.iter().filter(asks).map(|it| it.name.as_str()).collect()
}

fn violations(table: &Table, packages: &[Package]) -> Vec<String> {
    let mut found = Vec::new();
    for package in packages {
        let Some(row) = table.crates.get(&package.name) else {
            found.push(format!("`{}` has no row in the arrow table", package.name));
            continue;
        };
        for dependency in &package.dependencies {
            found.extend(forbidden(table, package, dependency));
        }
        if let Some(outside) = &row.outside {
            let listed = package.dependencies.iter().filter(|it| !it.inside && !it.dev);
            let listed: BTreeSet<String> = listed.map(|it| it.name.clone()).collect();
            for idle in outside.difference(&listed) {
                found.push(format!(
                    "`{}` no longer imports `{idle}`: shorten its row",
                    package.name
                ));
            }
        }
    }
    let known: BTreeSet<&String> = packages.iter().map(|it| &it.name).collect();
    let gone = table.crates.keys().filter(|name| !known.contains(name));
    found.extend(gone.map(|name| format!("the arrow table speaks of `{name}`, which is gone")));
    found
}

fn forbidden(table: &Table, package: &Package, dependency: &Dependency) -> Option<String> {
    let Dependency { name, inside, dev, .. } = dependency;
    let row = &table.crates[&package.name];
    let allowed = if *inside {
        // Its own tests may ask a crate for a feature of its own.
        row.inside.contains(name) || (*dev && (name == "testkit" || *name == package.name))
    } else {
        let listed = row.outside.as_ref().is_none_or(|outside| outside.contains(name));
        let behind = table.walls.get(name).is_none_or(|users| users.contains(&package.name));
        *dev || (listed && behind)
    };
    (!allowed).then(|| format!("`{}` may not import `{name}`", package.name))
}

fn idle(package: &Package) -> Vec<String> {
    let mut source = String::new();
    gather(&package.folder, &mut source);
    let unused = package.dependencies.iter().filter(|it| !mentions(&source, &it.code_name));
    unused.map(|it| format!("`{}` lists `{}` and does not use it", package.name, it.name)).collect()
}

fn mentions(source: &str, code_name: &str) -> bool {
    let inner = |it: char| it.is_alphanumeric() || it == '_' || it == '"';
    source.match_indices(code_name).any(|(at, _)| {
        let before = source[..at].chars().next_back();
        let after = &source[at + code_name.len()..];
        !before.is_some_and(inner) && after.starts_with(['!', ':', ';', ' ', ','])
    })
}

fn gather(folder: &Path, source: &mut String) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            gather(&path, source);
        } else if path.extension().is_some_and(|it| it == "rs") {
            let text = fs::read_to_string(&path).unwrap();
            let code = text.lines().filter(|line| !line.trim_start().starts_with("//!"));
            source.extend(code.flat_map(|line| [line, "\n"]));
        }
    }
}

const PAGE: &str = "\
| crate | may import | of outside crates | never knows |
|---|---|---|---|
| `domain` | – | `jiff` | IO |
| `store` | `domain` | any | rules |

| outside crate | only in |
|---|---|
| `sqlx` | `store` |
";

fn check(name: &str, imports: &[&str], expected: &[&str]) {
    let domain = package("domain", &["jiff"]);
    let store = package("store", &["@domain", "sqlx"]);
    let mut packages = vec![domain, store];
    packages.retain(|it| it.name != name);
    packages.push(package(name, imports));
    assert_eq!(violations(&Table::read(PAGE), &packages), expected, "{name} {imports:?}");
}

/// `@` marks a crate of the workspace, `+` one that only tests use.
fn package(name: &str, imports: &[&str]) -> Package {
    let dependencies = imports.iter().map(|import| {
        let name = import.trim_start_matches(['+', '@']).to_owned();
        let code_name = name.replace('-', "_");
        let (inside, dev) = (import.contains('@'), import.starts_with('+'));
        Dependency { name, code_name, inside, dev, features: Vec::new() }
    });
    let (name, dependencies) = (name.to_owned(), dependencies.collect());
    Package { name, folder: "".into(), dependencies, defaults: Vec::new() }
}

#[test]
fn what_the_table_allows_is_let_through() {
    check("store", &["@domain", "sqlx", "tokio"], &[]);
    check("domain", &["jiff", "+proptest", "+@testkit"], &[]);
}

#[test]
fn what_the_table_does_not_allow_is_refused() {
    check("domain", &["jiff", "@store"], &["`domain` may not import `store`"]);
    check("domain", &["jiff", "+@store"], &["`domain` may not import `store`"]);
    check("domain", &["jiff", "hyper"], &["`domain` may not import `hyper`"]);
    check("domain", &["jiff", "sqlx"], &["`domain` may not import `sqlx`"]);
    check("domain", &[], &["`domain` no longer imports `jiff`: shorten its row"]);
    check("store", &["@testkit"], &["`store` may not import `testkit`"]);
    check("gateway", &[], &["`gateway` has no row in the arrow table"]);
}

#[test]
fn a_row_without_a_crate_is_refused() {
    let found = violations(&Table::read(PAGE), &[package("domain", &["jiff"])]);
    assert_eq!(found, ["the arrow table speaks of `store`, which is gone"]);
}

#[test]
fn a_wall_holds_where_any_other_crate_is_allowed() {
    let page = PAGE.replace(
        "| `store` | `domain` | any |",
        "| `store` | `domain` | any | x |\n| `cli` | – | any |",
    );
    let packages = [package("domain", &["jiff"]), package("store", &[]), package("cli", &["sqlx"])];
    assert_eq!(violations(&Table::read(&page), &packages), ["`cli` may not import `sqlx`"]);
}

#[test]
fn a_dependency_is_used_only_where_code_names_it() {
    assert!(mentions("use serde_json::Value;", "serde_json"));
    assert!(mentions("fn f() { thiserror::go() }", "thiserror"));
    assert!(!mentions("use my_serde::Value;", "serde"));
    assert!(!mentions("use serde_json::Value;", "serde"));
    assert!(!mentions("let serde = \"serde\";", "tokio"));
}

#[test]
fn a_feature_is_found_wherever_it_is_asked_for() {
    let mut packages = [package("cli", &["@gateway"]), package("gateway", &["tokio"])];
    assert!(asking(&packages, "constant-permit").is_empty());
    packages[0].dependencies[0].features.push("constant-permit".into());
    assert_eq!(asking(&packages, "constant-permit"), ["cli"]);
    packages[1].defaults.push("constant-permit".into());
    assert_eq!(asking(&packages, "constant-permit"), ["cli", "gateway"]);
}
