//! All journals of a directory, and how far each has been read.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use super::batch::{Batch, Carried};
use super::cursor::{Cursor, FileState, State};
use super::reading::Series;
use crate::journal::Named;

/// The journals of a directory.
#[derive(Debug, Default)]
pub(super) struct Journals {
    directory: PathBuf,
    series: BTreeMap<String, Series>,
    forgotten: Vec<String>,
    buffer: Vec<u8>,
    /// Which journal comes first, so that a busy one does not keep the others waiting.
    first: usize,
}

impl Journals {
    /// Takes up reading where an earlier run left it.
    pub(super) fn resume(directory: &Path, files: &[FileState], carried: &[Carried]) -> Self {
        let mut journals = Self { directory: directory.to_owned(), ..Self::default() };
        for FileState { name, low, high, state } in files {
            let Some(Named { series, number }) = Named::parse(name) else { continue };
            let (read, saved) = (*low, Some((*low, *high)));
            let cursor = Cursor { read, seen: *high, state: *state, saved };
            journals.series.entry(series).or_default().files.insert(number, cursor);
        }
        for Carried { id, series, text } in carried {
            journals.series.entry(series.clone()).or_default().carry_in(*id, text);
        }
        journals
    }

    /// Reads on in every journal until the batch has no room.
    pub(super) fn read_on(&mut self, batch: &mut Batch) -> io::Result<()> {
        self.list()?;
        let count = self.series.len().max(1);
        self.first = (self.first + 1) % count;
        let names: Vec<String> = self.series.keys().cloned().collect();
        for name in names.iter().cycle().skip(self.first).take(names.len()) {
            let Some(series) = self.series.get_mut(name) else { continue };
            series.read_on((&self.directory, name), &mut self.buffer, batch)?;
        }
        Ok(())
    }

    /// Notes in a batch how far the journals have been read, and which files are gone.
    pub(super) fn note(&mut self, batch: &mut Batch) {
        batch.forgotten = std::mem::take(&mut self.forgotten);
        for (name, series) in &mut self.series {
            note(name, series, &mut batch.files);
        }
    }

    fn list(&mut self) -> io::Result<()> {
        for entry in fs::read_dir(&self.directory)? {
            let named = entry?.file_name().to_str().and_then(Named::parse);
            let Some(Named { series, number }) = named else { continue };
            self.series.entry(series).or_default().files.entry(number).or_default();
        }
        Ok(())
    }

    /// Deletes the files that are wholly read; a damaged one is kept under another name.
    pub(super) fn sweep(&mut self) -> io::Result<()> {
        for (name, series) in &mut self.series {
            for (number, cursor) in &series.files {
                let file = Named { series: name.clone(), number: *number }.file_name();
                let path = self.directory.join(&file);
                let gone = match cursor.state {
                    State::Live => continue,
                    State::Read => fs::remove_file(&path),
                    State::Damaged => fs::rename(&path, path.with_extension("damaged")),
                };
                match gone {
                    Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
                    Ok(()) | Err(_) => self.forgotten.push(file),
                }
            }
            series.files.retain(|_, cursor| !cursor.state.is_final());
        }
        self.series.retain(|_, series| !series.is_over());
        Ok(())
    }
}

/// Notes the files of a journal whose place has changed since it was last noted.
fn note(name: &str, series: &mut Series, states: &mut Vec<FileState>) {
    let lows: Vec<u64> =
        series.files.iter().map(|(number, cursor)| series.low(*number, cursor)).collect();
    for ((number, cursor), low) in series.files.iter_mut().zip(lows) {
        let high = cursor.read.max(cursor.seen);
        if cursor.saved != Some((low, high)) || cursor.state.is_final() {
            cursor.saved = Some((low, high));
            let name = Named { series: name.to_owned(), number: *number }.file_name();
            states.push(FileState { name, low, high, state: cursor.state });
        }
    }
}
