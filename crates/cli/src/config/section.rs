//! One table of the file, read key by key. What nobody asked for is unknown and refused, so the
//! list of known keys can never differ from the list of keys that do something.

use std::collections::BTreeSet;
use std::fmt::Display;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use serde::de::DeserializeOwned;
use toml::Table;

use super::problem::Problems;

/// A problem that is in the list already: nothing more is to be said.
#[derive(Debug, Clone, Copy)]
pub(super) struct Noted;

/// A table being read; every problem met on the way goes to one list.
pub(super) struct Section<'p> {
    path: String,
    table: Table,
    asked: BTreeSet<&'static str>,
    problems: &'p mut Problems,
}

impl<'p> Section<'p> {
    pub(super) fn root(table: Table, problems: &'p mut Problems) -> Self {
        Self { path: String::new(), table, asked: BTreeSet::new(), problems }
    }

    /// The path of a key of this section.
    pub(super) fn path(&self, key: &str) -> String {
        if self.path.is_empty() { key.to_owned() } else { format!("{}.{key}", self.path) }
    }

    /// Notes a problem with a key of this section.
    pub(super) fn refuse(&mut self, key: &str, reason: impl Into<String>, hint: impl Into<String>) {
        let path = self.path(key);
        self.problems.add(path, reason, hint);
    }

    /// The value of a key, when it is there and of the right type.
    pub(super) fn find<T: DeserializeOwned>(
        &mut self,
        key: &'static str,
        expected: &str,
    ) -> Option<T> {
        if !self.has(key) {
            return None;
        }
        let value = self.table.remove(key)?;
        let kind = value.type_str();
        let read = value.try_into().ok();
        if read.is_none() {
            self.refuse(key, format!("is a {kind} of another shape"), format!("write {expected}"));
        }
        read
    }

    /// A value read from text.
    pub(super) fn parse<T>(&mut self, key: &'static str, expected: &str) -> Option<T>
    where
        T: FromStr,
        T::Err: Display,
    {
        let text: String = self.find(key, expected)?;
        match text.parse() {
            Ok(value) => Some(value),
            Err(error) => {
                self.refuse(key, error.to_string(), format!("write {expected}"));
                None
            }
        }
    }

    /// A whole number within bounds.
    pub(super) fn number(&mut self, key: &'static str, bounds: Bounds) -> u64 {
        let Bounds { least, default, most } = bounds;
        let expected = format!("a whole number from {least} to {most}");
        let Some(value) = self.find::<u64>(key, &expected) else { return default };
        if (least..=most).contains(&value) {
            return value;
        }
        self.refuse(key, format!("{value} is out of range"), format!("write {expected}"));
        default
    }

    /// A text that has to be there.
    pub(super) fn required(&mut self, key: &'static str, expected: &str) -> Option<String> {
        if !self.has(key) {
            self.refuse(key, "is missing", format!("write {expected}"));
            return None;
        }
        self.find(key, expected)
    }

    /// A text, or its default when it is not written.
    pub(super) fn text(&mut self, key: &'static str, default: &str, expected: &str) -> String {
        self.find(key, expected).unwrap_or_else(|| default.to_owned())
    }

    /// The path of a file, relative to `base`, that can be read now.
    pub(super) fn file(
        &mut self,
        key: &'static str,
        expected: &str,
        base: &Path,
    ) -> Option<PathBuf> {
        let path = base.join(self.required(key, expected)?);
        match std::fs::File::open(&path) {
            Ok(_) => Some(path),
            Err(error) => {
                let reason = format!("{} cannot be read: {error}", path.display());
                self.refuse(key, reason, format!("write {expected}"));
                None
            }
        }
    }

    /// Whether the key is written in the file; from here on it counts as known.
    pub(super) fn has(&mut self, key: &'static str) -> bool {
        self.asked.insert(key);
        self.table.contains_key(key)
    }

    /// Leaves out a key about which all is said.
    pub(super) fn discard(&mut self, key: &'static str) {
        self.table.remove(key);
    }

    /// Reads a table inside this one; an absent one reads as empty.
    pub(super) fn within<R>(
        &mut self,
        key: &'static str,
        read: impl FnOnce(&mut Section<'_>) -> R,
    ) -> R {
        let table = self.find(key, &format!("a table: [{}]", self.path(key))).unwrap_or_default();
        let mut inner = Section {
            path: self.path(key),
            table,
            asked: BTreeSet::new(),
            problems: &mut *self.problems,
        };
        let value = read(&mut inner);
        inner.finish();
        value
    }

    /// Reads an array of tables inside this one.
    pub(super) fn each<R>(
        &mut self,
        key: &'static str,
        mut read: impl FnMut(&mut Section<'_>) -> R,
    ) -> Vec<R> {
        let tables: Vec<Table> =
            self.find(key, &format!("tables: [[{}]]", self.path(key))).unwrap_or_default();
        let mut values = Vec::with_capacity(tables.len());
        for (place, table) in tables.into_iter().enumerate() {
            let path = format!("{}[{place}]", self.path(key));
            let problems = &mut *self.problems;
            let mut inner = Section { path, table, asked: BTreeSet::new(), problems };
            values.push(read(&mut inner));
            inner.finish();
        }
        values
    }

    fn known(&self) -> String {
        self.asked.iter().copied().collect::<Vec<_>>().join(", ")
    }

    /// Refuses every key that was never asked for.
    pub(super) fn finish(self) {
        for key in self.table.keys() {
            let hint = match nearest(key, &self.asked) {
                Some(known) => format!("did you mean `{known}`?"),
                None => format!("known here: {}", self.known()),
            };
            self.problems.add(self.path(key), "is not a key of this product", hint);
        }
    }
}

/// What a number may be, and what it is when it is not written.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bounds {
    pub(super) least: u64,
    pub(super) default: u64,
    pub(super) most: u64,
}

fn nearest(key: &str, known: &BTreeSet<&'static str>) -> Option<&'static str> {
    known
        .iter()
        .map(|candidate| (strsim::jaro_winkler(key, candidate), *candidate))
        .filter(|(likeness, _)| *likeness > 0.8)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, candidate)| candidate)
}

/// Reads the file's text as one table.
pub(super) fn table(text: &str, problems: &mut Problems) -> Option<Table> {
    match text.parse::<Table>() {
        Ok(table) => Some(table),
        Err(error) => {
            let line = error.span().map_or(0, |span| {
                text.get(..span.start).map_or(0, |before| before.matches('\n').count())
            });
            let reason = error.message().to_owned();
            problems.add(format!("line {}", line + 1), reason, "the file is TOML: https://toml.io");
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_known_key_is_named_and_a_far_one_is_not() {
        let known = BTreeSet::from(["listen", "public_url", "threads"]);
        assert_eq!(nearest("lisen", &known), Some("listen"));
        assert_eq!(nearest("public-url", &known), Some("public_url"));
        assert_eq!(nearest("zzz", &known), None);
    }
}
