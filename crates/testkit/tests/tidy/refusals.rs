//! Every rule, on small inputs that break it.

use crate::source::Source;
use crate::{banned, circle, size, words};

fn source(path: &str, text: &str) -> Source {
    Source { path: path.to_owned(), text: text.to_owned() }
}

fn check(found: &[String], expected: &str) {
    if expected == "ok" {
        assert!(found.is_empty(), "{found:?}");
    } else {
        assert!(found.iter().any(|it| it.contains(expected)), "{expected:?} is not in {found:?}");
    }
}

#[test]
fn what_is_too_long_is_refused() {
    let check = |text: &str, expected| check(&size::check(&source("a/src/b.rs", text)), expected);
    let body = |lines: usize| format!("fn f() {{\n{}}}\n", "    g();\n".repeat(lines));
    check(&"fn f() {}\n".repeat(400), "ok");
    check(&"fn f() {}\n".repeat(401), "401 lines");
    check(&body(68), "ok");
    check(&body(69), "a/src/b.rs:1: `f` has 71 lines");
    check(&format!("impl A {{\n{}}}", body(69)), "a/src/b.rs:2: `f` has 71 lines");
    check(&format!("trait A {{\n{}}}", body(69)), "`f` has 71 lines");
    check(&format!("mod a {{ mod b {{\n{}}} }}", body(69)), "`f` has 71 lines");
    check(&format!("// {}", "é".repeat(97)), "ok");
    check(&format!("// {}", "é".repeat(98)), "b.rs:1: 101 characters");
    check("fn f(a: u8, b: u8, c: u8, d: u8, e: u8) {}", "ok");
    check("fn f(a: u8, b: u8, c: u8, d: u8, e: u8, f: u8) {}", "`f` has 6 parameters");
    check("impl A { fn f(&self, b: u8, c: u8, d: u8, e: u8, f: u8) {} }", "6 parameters");
    check("impl T for A { fn f(&self, b: u8, c: u8, d: u8, e: u8, f: u8) {} }", "ok");
}

#[test]
fn unfinished_code_is_refused() {
    let check = |text: &str, expected| check(&banned::check(&source("a/src/b.rs", text)), expected);
    check("fn f() { todo!() }", "a/src/b.rs:1: `todo!`");
    check("fn f() { unimplemented!(\"later\") }", "`unimplemented!`");
    check("fn f() { std::dbg!(1); }", "`dbg!`");
    check("#[test]\n#[ignore]\nfn f() {}", "b.rs:2: a test that does not run");
    check("#[test]\n#[ignore = \"slow\"]\nfn f() {}", "a test that does not run");
    check("fn f() { println!(\"todo!\") }", "ok");
}

#[test]
fn a_sleeping_test_is_refused() {
    let check = |path, text: &str, expected| check(&banned::check(&source(path, text)), expected);
    check("a/tests/b.rs", "fn f() { std::thread::sleep(x); }", "a test sleeps");
    check("a/tests/b/c.rs", "async fn f() { tokio::time::sleep(x).await; }", "a test sleeps");
    check("a/src/b.rs", "#[cfg(test)]\nmod t { use std::thread::sleep; }", "b.rs:2: a test sleeps");
    check("a/src/b.rs", "#[cfg(test)]\nmod t { use tokio::{net, time::{self, sleep}}; }", "sleeps");
    check("a/src/b.rs", "#[tokio::test]\nasync fn f() { time::sleep(x).await }", "a test sleeps");
    check("a/src/b.rs", "async fn f() { tokio::time::sleep(x).await; }", "ok");
    check("a/tests/b.rs", "fn f() { tokio::time::timeout(x, y); }", "ok");
}

#[test]
fn a_name_that_says_nothing_is_refused() {
    let check = |path: &str, expected| check(&words::name(&source(path, "")), expected);
    check("crates/a/src/utils.rs", "`utils` says nothing");
    check("crates/a/src/common/mod.rs", "`common` says nothing");
    check("crates/a/tests/helpers.rs", "`helpers` says nothing");
    check("crates/a/src/types.rs", "`types` says nothing");
    check("crates/a/src/misc.rs", "`misc` says nothing");
    check("crates/a/src/nonce.rs", "ok");
}

#[test]
fn words_about_the_workplace_are_refused() {
    let check = |text: &str, expected| check(&words::workplace(&source("a.md", text)), expected);
    check(&format!("see {}{}main/a", "/wor", "k/"), "a.md:1: speaks of");
    check(&format!("\nas {}{} says", "HOU", "SE.md"), "a.md:2: speaks of");
    check(&format!("{}{} 2", "issu", "es show"), "speaks of");
    check("how it works", "ok");
}

#[test]
fn a_crate_that_does_not_introduce_itself_is_refused() {
    let check = |text: &str, expected| {
        let found = words::opening(&source("crates/a/src/lib.rs", text));
        check(found.as_slice(), expected);
    };
    check("//! Knows: a. Never knows: b. Start reading at c.", "ok");
    check("pub mod a;", "does not say `knows`");
    check("//! Never knows: b. Start reading at c.", "does not say `knows`");
    check("//! Knows: a. Start reading at c.", "does not say `never knows`");
    check("//! Knows: a. Never knows: b.", "does not say `start`");
    check("use a;\n//! Knows: a. Never knows: b. Start reading at c.", "does not say");
}

#[test]
fn files_that_import_each_other_are_refused() {
    let check = |files: &[(&str, &str)], expected: &str| {
        let sources: Vec<_> = files.iter().map(|(path, text)| source(path, text)).collect();
        let files: Vec<_> = sources.iter().map(|it| (it.path.clone(), it)).collect();
        check(&circle::find(&files), expected);
    };
    let root = ("lib.rs", "mod a; mod b; pub use a::A;");
    check(&[root, ("a.rs", "use crate::b::B;"), ("b.rs", "pub struct B;")], "ok");
    check(&[root, ("a.rs", "use crate::b::B;"), ("b.rs", "use crate::a::A;")], "a → b → a");
    check(&[root, ("a.rs", "use super::b;"), ("b.rs", "fn f() { crate::a::f() }")], "a → b → a");
    check(&[root, ("a.rs", "use crate::b::{C, B};"), ("b.rs", "use crate::A;")], "a → b → a");
    check(
        &[root, ("a.rs", "use crate::b;"), ("b.rs", "#[cfg(test)] mod t { use crate::a; }")],
        "ok",
    );
    check(&[root, ("a.rs", "use crate::b;"), ("b.rs", "#[cfg(test)] use crate::a;")], "ok");
    let parent = ("a/mod.rs", "mod c; use c::C; pub struct A;");
    check(&[("lib.rs", "mod a;"), parent, ("a/c.rs", "pub struct C;")], "ok");
    check(&[("lib.rs", "mod a;"), parent, ("a/c.rs", "use super::A;")], "a → a::c → a");
    let facade = ("a/mod.rs", "mod c; mod d; pub use c::C;");
    let user = ("a/d.rs", "use super::C;");
    check(&[("lib.rs", "mod a;"), facade, ("a/c.rs", ""), user], "ok");
    check(&[("lib.rs", "mod a;"), facade, ("a/c.rs", "use super::d;"), user], "a::c → a::d → a::c");
}
