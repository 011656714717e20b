//! Files of one crate that import each other in a circle.
//!
//! A declaration (`mod a;`) and a re-export (`pub use a::B`) are no import: they say where a name
//! is found. Whoever uses the re-exported name imports the file that it comes from.

use std::collections::{BTreeMap, BTreeSet};

use syn::visit::{self, Visit};
use syn::{Item, ItemMod, ItemUse, UseTree, Visibility};

use crate::banned::for_tests;
use crate::source::Source;

type Name = Vec<String>;

/// One file as a module.
#[derive(Default)]
struct Module {
    children: BTreeSet<String>,
    /// Names this file passes on, and the full path that each stands for.
    passed_on: BTreeMap<String, Name>,
    /// Full paths that this file uses.
    used: BTreeSet<Name>,
}

/// The circles in one crate, given all files below its `src/`, by their path from there.
pub(crate) fn find(files: &[(String, &Source)]) -> Vec<String> {
    let mut modules: BTreeMap<Name, Module> = BTreeMap::new();
    for (path, _) in files {
        modules.insert(module_name(path), Module::default());
    }
    let names: BTreeSet<Name> = modules.keys().cloned().collect();
    for (path, source) in files {
        let name = module_name(path);
        let parsed = syn::parse_file(&source.text).unwrap();
        let below = names.iter().filter(|it| it.len() == name.len() + 1 && it.starts_with(&name));
        let children = below.filter_map(|it| it.last().cloned()).collect();
        let mut reader =
            Reader { at: name.clone(), module: Module { children, ..Module::default() } };
        reader.visit_file(&parsed);
        modules.insert(name, reader.module);
    }
    let edges = modules.iter().map(|(name, module)| {
        let targets = module.used.iter().map(|used| resolve(&modules, used, 0));
        (name.clone(), targets.filter(|target| target != name).collect())
    });
    circles(&edges.collect())
}

/// `a/b.rs` and `a/b/mod.rs` are `a::b`; `lib.rs` and `main.rs` are the root.
fn module_name(path: &str) -> Name {
    let mut name: Name = path.trim_end_matches(".rs").split('/').map(str::to_owned).collect();
    if name.last().is_some_and(|it| matches!(&**it, "mod" | "lib" | "main")) {
        name.pop();
    }
    name
}

/// The file in which a path ends up.
fn resolve(modules: &BTreeMap<Name, Module>, path: &[String], depth: usize) -> Name {
    let mut at = Name::new();
    for (place, segment) in path.iter().enumerate() {
        let Some(module) = modules.get(&at) else { break };
        if module.children.contains(segment) {
            at.push(segment.clone());
        } else if let Some(origin) = module.passed_on.get(segment).filter(|_| depth < 8) {
            let rest = path.iter().skip(place + 1);
            return resolve(
                modules,
                &[origin.as_slice(), &rest.cloned().collect::<Name>()].concat(),
                depth + 1,
            );
        } else {
            break;
        }
    }
    at
}

struct Reader {
    at: Name,
    module: Module,
}

impl Reader {
    /// The full path of what a path inside the crate names; none for another crate's.
    fn full(&self, path: &[String]) -> Option<Name> {
        let (first, rest) = path.split_first()?;
        let mut base = self.at.clone();
        match &**first {
            "crate" => base.clear(),
            "self" => {}
            "super" => {
                base.pop();
                if let Some(("super", rest)) = rest.split_first().map(|(it, rest)| (&**it, rest)) {
                    base.pop();
                    return Some([base, rest.to_vec()].concat());
                }
            }
            child if self.module.children.contains(child) => base.push(child.to_owned()),
            _ => return None,
        }
        Some([base, rest.to_vec()].concat())
    }

    fn follow(&mut self, tree: &UseTree, before: &mut Name, passed_on: bool) {
        let (last, given) = match tree {
            UseTree::Path(path) => {
                before.push(path.ident.to_string());
                self.follow(&path.tree, before, passed_on);
                before.pop();
                return;
            }
            UseTree::Group(group) => {
                return group.items.iter().for_each(|it| self.follow(it, before, passed_on));
            }
            UseTree::Name(name) => (Some(name.ident.to_string()), name.ident.to_string()),
            UseTree::Rename(name) => (Some(name.ident.to_string()), name.rename.to_string()),
            UseTree::Glob(_) => (None, String::new()),
        };
        let path: Name = before.iter().cloned().chain(last.filter(|it| it != "self")).collect();
        let Some(full) = self.full(&path) else { return };
        if passed_on {
            self.module.passed_on.insert(given, full);
        } else {
            self.module.used.insert(full);
        }
    }
}

impl<'ast> Visit<'ast> for Reader {
    fn visit_item(&mut self, item: &'ast Item) {
        let attributes = match item {
            Item::Fn(item) => &item.attrs,
            Item::Mod(item) => &item.attrs,
            Item::Use(item) => &item.attrs,
            Item::Impl(item) => &item.attrs,
            _ => return visit::visit_item(self, item),
        };
        if !for_tests(attributes) {
            visit::visit_item(self, item);
        }
    }

    fn visit_item_mod(&mut self, item: &'ast ItemMod) {
        if item.content.is_some() {
            let name = item.ident.to_string();
            self.at.push(name);
            visit::visit_item_mod(self, item);
            self.at.pop();
        }
    }

    fn visit_item_use(&mut self, item: &'ast ItemUse) {
        let passed_on = !matches!(item.vis, Visibility::Inherited);
        self.follow(&item.tree, &mut Name::new(), passed_on);
    }

    fn visit_path(&mut self, item: &'ast syn::Path) {
        let path: Name = item.segments.iter().map(|it| it.ident.to_string()).collect();
        if path.len() > 1 {
            self.module.used.extend(self.full(&path));
        }
        visit::visit_path(self, item);
    }

    fn visit_visibility(&mut self, _: &'ast Visibility) {}
}

fn circles(edges: &BTreeMap<Name, BTreeSet<Name>>) -> Vec<String> {
    let mut done = BTreeSet::new();
    let mut found = Vec::new();
    for start in edges.keys() {
        walk(edges, &mut vec![start.clone()], &mut done, &mut found);
    }
    found
}

fn walk(
    edges: &BTreeMap<Name, BTreeSet<Name>>,
    path: &mut Vec<Name>,
    done: &mut BTreeSet<Name>,
    found: &mut Vec<String>,
) {
    let Some(at) = path.last().cloned().filter(|at| !done.contains(at)) else { return };
    for next in edges.get(&at).into_iter().flatten() {
        if let Some(start) = path.iter().position(|it| it == next) {
            let circle = path.iter().skip(start).chain([next]).map(|it| spoken(it));
            found.push(circle.collect::<Vec<_>>().join(" → "));
            continue;
        }
        path.push(next.clone());
        walk(edges, path, done, found);
        path.pop();
    }
    done.insert(at);
}

fn spoken(name: &[String]) -> String {
    if name.is_empty() { "the root".to_owned() } else { name.join("::") }
}
