//! How things are said: aligned text for a person, one JSON value for a program.

use std::io::{IsTerminal, Write};

use serde_json::Value;

use crate::ambient;
use crate::failure::Failure;

/// Where a command says what it has to say.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Output {
    /// Whether a program reads along.
    pub(crate) json: bool,
    /// Whether standard output is a terminal that wants color.
    pub(crate) color: bool,
}

impl Output {
    /// Output as the arguments and the terminal ask for it. `NO_COLOR` is respected.
    pub(crate) fn new(json: bool) -> Self {
        let terminal = std::io::stdout().is_terminal();
        let color = !json && terminal && ambient::variable("NO_COLOR").is_none();
        Self { json, color }
    }

    /// Writes the value for a program, or the text for a person.
    pub(crate) fn say(self, value: &Value, text: impl FnOnce() -> String) {
        if self.json { line(value.to_string()) } else { line(text()) }
    }

    /// Says on standard error why a command did not succeed.
    pub(crate) fn fail(self, failure: &Failure) {
        if self.json {
            note(&failure.to_json().to_string());
        } else {
            note(&format!("error: {failure}"));
        }
    }

    /// Something a person should know that is no result; programs are left alone.
    pub(crate) fn aside(self, text: &str) {
        if !self.json {
            note(text);
        }
    }
}

/// Writes one line on standard output. A reader that has gone away ends nothing: the command
/// finishes its work.
pub(crate) fn line(text: impl AsRef<str>) {
    bytes(format!("{}\n", text.as_ref()).as_bytes());
}

/// Writes bytes on standard output as they are.
pub(crate) fn bytes(bytes: &[u8]) {
    let mut out = std::io::stdout().lock();
    let _ = out.write_all(bytes).and_then(|()| out.flush());
}

/// Writes one line on standard error.
pub(crate) fn note(text: &str) {
    let mut err = std::io::stderr().lock();
    let _ = writeln!(err, "{text}");
}

/// Rows under a head, each column as wide as its widest cell.
pub(crate) fn table(head: &[&str], rows: &[Vec<String>]) -> String {
    let mut widths: Vec<usize> = head.iter().map(|cell| cell.len()).collect();
    for row in rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    let head: Vec<String> = head.iter().map(|cell| (*cell).to_owned()).collect();
    let lines = std::iter::once(&head).chain(rows).map(|row| {
        let cells = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}"));
        cells.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// One fact a line, names aligned.
pub(crate) fn facts(pairs: &[(&str, String)]) -> String {
    let width = pairs.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
    let known = pairs.iter().filter(|(_, value)| !value.is_empty());
    let lines = known.map(|(name, value)| format!("{name:<width$}  {value}"));
    lines.collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_as_wide_as_their_widest_cell() {
        let rows = [vec!["a".to_owned(), "long one".to_owned()], vec!["äöü".into(), "b".into()]];
        assert_eq!(table(&["X", "Y"], &rows), "X    Y\na    long one\näöü  b");
    }

    #[test]
    fn facts_are_aligned_and_the_unknown_left_out() {
        let pairs = [("id", "1".to_owned()), ("owner", String::new()), ("name", "x".to_owned())];
        assert_eq!(facts(&pairs), "id     1\nname   x");
    }
}
