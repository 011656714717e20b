//! Secrets: never in the file itself, always where it says.

use std::path::{Path, PathBuf};

use super::section::Section;

/// Where a secret is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SecretSource {
    /// In a file, whose last line break is not part of it.
    File(PathBuf),
    /// In a variable of the environment.
    Env(String),
}

const EXPECTED: &str = "{ file = \"…\" } or { env = \"…\" }";

/// Reads `{ file = … }` or `{ env = … }` under this key, which has to be there.
pub(super) fn read(
    section: &mut Section<'_>,
    key: &'static str,
    base: &Path,
) -> Option<SecretSource> {
    section.within(key, |inner| match (inner.has("file"), inner.has("env")) {
        (true, false) => inner.file("file", EXPECTED, base).map(SecretSource::File),
        (false, true) => inner.required("env", EXPECTED).map(SecretSource::Env),
        _ => {
            let hint = format!("write {EXPECTED}");
            inner.refuse("file", "and `env`: exactly one says where the secret is", hint);
            None
        }
    })
}
