//! The two tables of ARCHITECTURE.md, read.

use std::collections::{BTreeMap, BTreeSet};

/// What the page allows.
#[derive(Debug, Default)]
pub(crate) struct Table {
    /// By crate, without the prefix of its package.
    pub(crate) crates: BTreeMap<String, Row>,
    /// By outside crate: the crates that may use it.
    pub(crate) walls: BTreeMap<String, BTreeSet<String>>,
}

/// One crate's row.
#[derive(Debug)]
pub(crate) struct Row {
    /// The crates of this workspace it may import.
    pub(crate) inside: BTreeSet<String>,
    /// The outside crates it must list, exactly; none when it may import any.
    pub(crate) outside: Option<BTreeSet<String>>,
}

impl Table {
    /// Reads the tables under the headings `| crate |` and `| outside crate |`.
    pub(crate) fn read(page: &str) -> Self {
        let mut table = Self::default();
        for cells in rows(page, "| crate |") {
            let [name, inside, outside, ..] = cells.as_slice() else { panic!("{cells:?}") };
            let outside = (outside != "any").then(|| names(outside));
            table.crates.insert(only(name), Row { inside: names(inside), outside });
        }
        for cells in rows(page, "| outside crate |") {
            let [name, users] = cells.as_slice() else { panic!("{cells:?}") };
            table.walls.insert(only(name), names(users));
        }
        table
    }
}

fn rows(page: &str, heading: &str) -> Vec<Vec<String>> {
    page.lines()
        .skip_while(|line| !line.starts_with(heading))
        .skip(2)
        .take_while(|line| line.starts_with('|'))
        .map(|line| line.trim_matches('|').split('|').map(|cell| cell.trim().to_owned()).collect())
        .collect()
}

/// The words between backticks.
fn names(cell: &str) -> BTreeSet<String> {
    cell.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

fn only(cell: &str) -> String {
    names(cell).pop_first().unwrap_or_else(|| panic!("`{cell}` names no crate"))
}
