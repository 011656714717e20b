//! One file of a journal, from the writer's side.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::sync::Arc;

use super::flush::{Flush, Flusher};

/// What a written record survives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Durability {
    /// A killed process: the record is with the operating system.
    Process,
    /// A power loss: an opening is on disk before its request goes on. One flush serves all who
    /// wait, and the next starts as soon as it is done.
    Disk,
}

/// The name of a journal file: `<series>-<number>.log`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Named {
    /// The journal it belongs to.
    pub(crate) series: String,
    /// Its place in it.
    pub(crate) number: u64,
}

impl Named {
    pub(crate) fn file_name(&self) -> String {
        format!("{}-{:08}.log", self.series, self.number)
    }

    pub(crate) fn parse(file_name: &str) -> Option<Self> {
        let (series, number) = file_name.strip_suffix(".log")?.rsplit_once('-')?;
        let named = Self { series: series.to_owned(), number: number.parse().ok()? };
        (named.file_name() == file_name).then_some(named)
    }
}

/// An open file that is locked for as long as it is written.
#[derive(Debug)]
pub(super) struct Segment {
    file: Arc<File>,
    written: u64,
    broken: bool,
    flusher: Option<Flusher>,
}

impl Segment {
    /// Creates the file and locks it before it gets the name by which readers find it.
    pub(super) fn create(
        directory: &Path,
        name: &Named,
        durability: Durability,
    ) -> io::Result<Self> {
        let path = directory.join(name.file_name());
        if path.try_exists()? {
            return Err(io::Error::from(io::ErrorKind::AlreadyExists));
        }
        let staged = path.with_extension("new");
        let mut options = OpenOptions::new();
        let file = options.append(true).create_new(true).mode(0o600).open(&staged)?;
        file.try_lock()?;
        fs::rename(&staged, &path)?;
        let segment = Self::over(file, durability)?;
        if durability == Durability::Disk {
            File::open(directory)?.sync_all()?;
        }
        Ok(segment)
    }

    pub(super) fn over(file: File, durability: Durability) -> io::Result<Self> {
        let file = Arc::new(file);
        let flusher = match durability {
            Durability::Process => None,
            Durability::Disk => Some(Flusher::start(&file)?),
        };
        Ok(Self { file, written: 0, broken: false, flusher })
    }

    /// Whether it may be appended to.
    pub(super) fn takes(&self, bytes: usize, most: u64) -> bool {
        let flushes = !self.flusher.as_ref().is_some_and(Flusher::has_failed);
        let bytes = u64::try_from(bytes).unwrap_or(u64::MAX);
        let fits = self.written == 0 || self.written.saturating_add(bytes) <= most;
        flushes && fits && !self.broken
    }

    /// Appends a frame whole, or not at all.
    pub(super) fn append(&mut self, frame: &[u8]) -> io::Result<Option<Flush>> {
        let taken = loop {
            match (&*self.file).write(frame) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                taken => break taken,
            }
        };
        match taken {
            Ok(bytes) if bytes == frame.len() => {}
            Ok(_) => return Err(self.repair(io::Error::from(io::ErrorKind::WriteZero))),
            Err(error) => return Err(self.repair(error)),
        }
        self.written += u64::try_from(frame.len()).unwrap_or(0);
        Ok(self.flusher.as_ref().map(|flusher| flusher.ask(self.written)))
    }

    /// Removes what a failed write may have left. A file where that fails is not written again.
    fn repair(&mut self, error: io::Error) -> io::Error {
        self.broken = self.file.set_len(self.written).is_err();
        error
    }
}
