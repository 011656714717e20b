//! `[store]`: what is remembered, and what may be forgotten.

use std::path::Path;

use super::section::Section;

/// The databases.
#[derive(Debug, Clone)]
pub struct StoreSettings {
    /// `sqlite:/absolute/path` or `postgres://…`.
    pub url: String,
    /// Nonces and limits: `memory` or `redis://…`.
    pub fast: String,
}

const URL: &str = "\"sqlite:data/bailiwick.db\" or \"postgres://user@host/database\"";
const FAST: &str = "\"memory\" or \"redis://host:6379\"";

pub(super) fn read(
    section: &mut Section<'_>,
    base: &Path,
    data_dir: &Path,
) -> Option<StoreSettings> {
    let url = read_url(section, base, data_dir);
    let fast = section.text("fast", "memory", FAST);
    if fast != "memory" && !fast.starts_with("redis://") {
        section.refuse("fast", format!("`{fast}` is not a fast store"), format!("write {FAST}"));
    }
    Some(StoreSettings { url: url?, fast })
}

fn read_url(section: &mut Section<'_>, base: &Path, data_dir: &Path) -> Option<String> {
    if !section.has("url") {
        return Some(sqlite(&data_dir.join("bailiwick.db")));
    }
    let url: String = section.find("url", URL)?;
    if url.starts_with("postgres://") || url.starts_with("postgresql://") {
        return Some(url);
    }
    match url.strip_prefix("sqlite:") {
        Some(path) if !path.is_empty() && !path.starts_with("//") => Some(sqlite(&base.join(path))),
        _ => {
            // The text may hold a password: it is not repeated.
            section.refuse(
                "url",
                "is not the URL of a database known here",
                format!("write {URL}"),
            );
            None
        }
    }
}

fn sqlite(path: &Path) -> String {
    format!("sqlite:{}", path.display())
}
