//! How large things may be.

use proc_macro2::LineColumn;
use syn::spanned::Spanned;
use syn::visit::{self, Visit};
use syn::{Block, ImplItemFn, ItemFn, ItemImpl, Signature, TraitItemFn};

use crate::source::Source;

const FILE_LINES: usize = 400;
const FUNCTION_LINES: usize = 70;
const LINE_CHARACTERS: usize = 100;
const PARAMETERS: usize = 5;

/// Lines, functions and parameter lists that are too long.
pub(crate) fn check(source: &Source) -> Vec<String> {
    let mut found = Vec::new();
    let count = source.text.lines().count();
    if count > FILE_LINES {
        found.push(format!("{}: {count} lines, at most {FILE_LINES}", source.path));
    }
    for (number, line) in source.text.lines().enumerate() {
        let length = line.chars().count();
        if length > LINE_CHARACTERS {
            let place = format!("{}:{}", source.path, number + 1);
            found.push(format!("{place}: {length} characters, at most {LINE_CHARACTERS}"));
        }
    }
    let mut functions = Functions { path: &source.path, foreign: false, found };
    functions.visit_file(&syn::parse_file(&source.text).unwrap());
    functions.found
}

struct Functions<'a> {
    path: &'a str,
    /// Inside `impl Trait for Type`, where another crate may have set the parameters.
    foreign: bool,
    found: Vec<String>,
}

impl Functions<'_> {
    fn weigh(&mut self, signature: &Signature, block: Option<&Block>) {
        let start = signature.fn_token.span().start();
        let name = &signature.ident;
        let parameters = signature.inputs.len();
        if parameters > PARAMETERS && !self.foreign {
            self.say(start, &format!("`{name}` has {parameters} parameters, at most {PARAMETERS}"));
        }
        let end = block.map_or(start, |block| block.span().end());
        let lines = end.line - start.line + 1;
        if lines > FUNCTION_LINES {
            self.say(start, &format!("`{name}` has {lines} lines, at most {FUNCTION_LINES}"));
        }
    }

    fn say(&mut self, at: LineColumn, what: &str) {
        self.found.push(format!("{}:{}: {what}", self.path, at.line));
    }
}

impl<'ast> Visit<'ast> for Functions<'_> {
    fn visit_item_fn(&mut self, item: &'ast ItemFn) {
        self.weigh(&item.sig, Some(&item.block));
        visit::visit_item_fn(self, item);
    }

    fn visit_impl_item_fn(&mut self, item: &'ast ImplItemFn) {
        self.weigh(&item.sig, Some(&item.block));
        visit::visit_impl_item_fn(self, item);
    }

    fn visit_trait_item_fn(&mut self, item: &'ast TraitItemFn) {
        self.weigh(&item.sig, item.default.as_ref());
        visit::visit_trait_item_fn(self, item);
    }

    fn visit_item_impl(&mut self, item: &'ast ItemImpl) {
        let before = std::mem::replace(&mut self.foreign, item.trait_.is_some());
        visit::visit_item_impl(self, item);
        self.foreign = before;
    }
}
