//! `mode`: whether what is to be refused is refused.

use bailiwick_domain::api::Mode;

use super::section::Section;

const MODE: &str = "\"enforce\" or \"observe\"";

/// The mode, or this one where none is written.
pub(super) fn read(section: &mut Section<'_>, otherwise: Mode) -> Option<Mode> {
    if !section.has("mode") {
        return Some(otherwise);
    }
    let word: String = section.find("mode", MODE)?;
    let known = Mode::ALL.into_iter().find(|mode| mode.as_str() == word);
    if known.is_none() {
        section.refuse("mode", format!("`{word}` is neither"), format!("write {MODE}"));
    }
    known
}
