//! What code may not say.

use proc_macro2::Span;
use syn::spanned::Spanned;
use syn::visit::{self, Visit};
use syn::{Attribute, ItemFn, ItemMod, Macro, Path, UseTree};

use crate::source::Source;

const MACROS: &[&str] = &["todo", "unimplemented", "dbg"];
const CLOCKS: &[&str] = &["thread", "time"];
const SLEEPS: &[&str] = &["sleep", "sleep_until"];

/// Unfinished code, tests that do not run, and tests that wait for time to pass.
pub(crate) fn check(source: &Source) -> Vec<String> {
    let in_test = source.is_test();
    let mut banned = Banned { path: &source.path, in_test, found: Vec::new() };
    banned.visit_file(&syn::parse_file(&source.text).unwrap());
    banned.found
}

struct Banned<'a> {
    path: &'a str,
    in_test: bool,
    found: Vec<String>,
}

impl Banned<'_> {
    fn say(&mut self, at: Span, what: &str) {
        self.found.push(format!("{}:{}: {what}", self.path, at.start().line));
    }

    fn within(&mut self, attributes: &[Attribute], visit: impl FnOnce(&mut Self)) {
        let before = self.in_test;
        self.in_test |= for_tests(attributes);
        visit(self);
        self.in_test = before;
    }

    fn follow(&mut self, tree: &UseTree, segments: &mut Vec<String>) {
        match tree {
            UseTree::Path(path) => {
                segments.push(path.ident.to_string());
                self.follow(&path.tree, segments);
                segments.pop();
            }
            UseTree::Group(group) => group.items.iter().for_each(|it| self.follow(it, segments)),
            UseTree::Name(name) => self.weigh(name.span(), segments, &name.ident.to_string()),
            UseTree::Rename(name) => self.weigh(name.span(), segments, &name.ident.to_string()),
            UseTree::Glob(_) => {}
        }
    }

    fn weigh(&mut self, at: Span, before: &[String], last: &str) {
        let clock = before.last().is_some_and(|it| CLOCKS.contains(&&**it));
        if self.in_test && clock && SLEEPS.contains(&last) {
            self.say(at, "a test sleeps; wait for the event itself");
        }
    }
}

impl<'ast> Visit<'ast> for Banned<'_> {
    fn visit_macro(&mut self, item: &'ast Macro) {
        let name = item.path.segments.last().map(|it| it.ident.to_string()).unwrap_or_default();
        if MACROS.contains(&&*name) {
            self.say(item.span(), &format!("`{name}!` is unfinished work"));
        }
        visit::visit_macro(self, item);
    }

    fn visit_attribute(&mut self, item: &'ast Attribute) {
        if item.path().is_ident("ignore") {
            self.say(item.span(), "a test that does not run");
        }
        visit::visit_attribute(self, item);
    }

    fn visit_item_mod(&mut self, item: &'ast ItemMod) {
        self.within(&item.attrs, |it| visit::visit_item_mod(it, item));
    }

    fn visit_item_fn(&mut self, item: &'ast ItemFn) {
        self.within(&item.attrs, |it| visit::visit_item_fn(it, item));
    }

    fn visit_use_tree(&mut self, item: &'ast UseTree) {
        self.follow(item, &mut Vec::new());
    }

    fn visit_path(&mut self, item: &'ast Path) {
        let mut segments: Vec<String> =
            item.segments.iter().map(|it| it.ident.to_string()).collect();
        if let Some(last) = segments.pop() {
            self.weigh(item.span(), &segments, &last);
        }
        visit::visit_path(self, item);
    }
}

/// `#[test]`, `#[tokio::test]`, `#[cfg(test)]`.
pub(crate) fn for_tests(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        let last = attribute.path().segments.last().map(|it| it.ident.to_string());
        last.as_deref() == Some("test")
            || (attribute.path().is_ident("cfg") && asks_test(attribute))
    })
}

fn asks_test(attribute: &Attribute) -> bool {
    let mut found = false;
    let walk = attribute.parse_nested_meta(|meta| {
        found |= meta.path.is_ident("test");
        Ok(())
    });
    found && walk.is_ok()
}
