//! Names and texts.

use std::path::Path;

use crate::source::Source;

const VAGUE: &[&str] = &["util", "utils", "common", "helper", "helpers", "types", "misc"];

/// What a reader of the product has no use for: where and by whom it was written. Each is kept in
/// two halves so that this list does not find itself.
const WORKPLACE: &[(&str, &str)] = &[
    ("/wor", "k/"),
    ("/tm", "p/t/"),
    ("hou", "se.md"),
    ("inter", "faces.md"),
    ("stand", "ards.md"),
    ("prod", "uct.md"),
    ("bri", "ef.md"),
    ("issu", "es show"),
    ("this ses", "sion of the project"),
    ("anth", "ropic"),
    ("as an a", "i "),
    ("the le", "ad adds"),
    ("helper \"", ""),
];

const OPENING: &[&str] = &["knows", "never knows", "start"];

/// Files whose name says nothing.
pub(crate) fn name(source: &Source) -> Vec<String> {
    let path = Path::new(&source.path);
    let parts = path.iter().filter_map(|it| Path::new(it).file_stem()?.to_str());
    let vague = parts.filter(|part| source.is_rust() && VAGUE.contains(part));
    vague
        .map(|part| format!("{}: `{part}` says nothing; name what is in it", source.path))
        .collect()
}

/// Words about the workplace.
pub(crate) fn workplace(source: &Source) -> Vec<String> {
    let mut found = Vec::new();
    for (number, line) in source.text.lines().enumerate() {
        let line = line.to_lowercase();
        for word in WORKPLACE.iter().map(|(start, end)| format!("{start}{end}")) {
            if line.contains(&word) {
                found.push(format!("{}:{}: speaks of `{word}`", source.path, number + 1));
            }
        }
    }
    found
}

/// A crate says first what it knows, what it never knows, and where to start reading.
pub(crate) fn opening(source: &Source) -> Option<String> {
    let folders = ["crates/", "sdk/"];
    let of_crate = folders.iter().any(|folder| source.path.starts_with(folder));
    if !of_crate || !source.path.ends_with("/src/lib.rs") {
        return None;
    }
    let opening = source.text.lines().take_while(|line| line.starts_with("//!"));
    let opening = opening.collect::<Vec<_>>().join(" ").to_lowercase().replace("never knows", "~");
    let says = |word: &str| opening.contains(if word == "never knows" { "~" } else { word });
    let missing = OPENING.iter().find(|word| !says(word))?;
    Some(format!("{}: its opening `//!` does not say `{missing}`", source.path))
}
