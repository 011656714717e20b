//! Policies out of files, or out of what is shipped.

use std::path::{Path, PathBuf};

use bailiwick_policy::engine::Engine;
use bailiwick_policy::source::{Problems, Source};

use crate::failure::Failure;

/// Texts of policies with the names of their files.
#[derive(Debug)]
pub(super) struct Texts(Vec<(String, String)>);

impl Texts {
    /// What is in these files.
    pub(super) fn read(files: &[PathBuf]) -> Result<Self, Failure> {
        files.iter().map(|file| Ok((name(file), text(file)?))).collect::<Result<_, _>>().map(Self)
    }

    /// One text that is in no file.
    pub(super) fn of(name: String, text: String) -> Self {
        Self(vec![(name, text)])
    }

    /// All of them as one text.
    pub(super) fn joined(&self) -> String {
        self.0.iter().map(|(_, text)| text.as_str()).collect::<Vec<_>>().join("\n")
    }

    /// The policies, read and validated.
    pub(super) fn engine(&self) -> Result<Engine, Problems> {
        let sources: Vec<Source<'_>> =
            self.0.iter().map(|(name, text)| Source { name, text }).collect();
        Engine::read(&sources)
    }
}

/// A file's text.
pub(super) fn text(file: &Path) -> Result<String, Failure> {
    std::fs::read_to_string(file)
        .map_err(|error| Failure::usage(format!("{} cannot be read: {error}", file.display())))
}

/// The failure of policies that are not as they should be.
pub(super) fn wrong(problems: &Problems) -> Failure {
    let count = problems.0.len();
    let what = if count == 1 { "problem" } else { "problems" };
    Failure::refused(format!("the policies have {count} {what}\n{problems}"))
        .hint("`bailiwick policy check --schema` prints what policies may speak of")
}

fn name(file: &Path) -> String {
    file.display().to_string()
}
