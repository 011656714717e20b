//! Reading on in the files of one journal, and putting openings and closings together.

use std::collections::BTreeMap;
use std::fs::{self, File, TryLockError};
use std::io::{self, ErrorKind};
use std::os::unix::fs::FileExt;
use std::path::Path;

use bailiwick_domain::id::RecordId;
use bailiwick_ledger::entry::INTERRUPTED;
use foldhash::HashMap;

use super::batch::{Batch, Carried};
use super::cursor::{Cursor, State};
use crate::journal::Named;
use crate::journal::frame::{self, Absent, Frame, Kind};

/// How much is read at a time; more than the longest frame.
const CHUNK_BYTES: usize = 1 << 20;

/// One journal: the files of one writer, in order.
#[derive(Debug, Default)]
pub(super) struct Series {
    pub(super) files: BTreeMap<u64, Cursor>,
    opened: HashMap<RecordId, Opened>,
}

#[derive(Debug)]
struct Opened {
    file: u64,
    offset: u64,
    text: Box<[u8]>,
    carried: bool,
}

/// What becomes of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    /// Its writer may write more.
    Open,
    /// Its writer writes the next one.
    Rotated,
    /// Its writer is gone.
    Orphaned,
}

/// Where reading stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stop {
    Full,
    End { damaged: bool },
}

impl Series {
    /// An opening that was carried over from a file that is gone.
    pub(super) fn carry_in(&mut self, id: RecordId, text: &[u8]) {
        let opened = Opened { file: 0, offset: 0, text: text.into(), carried: true };
        self.opened.insert(id, opened);
    }

    /// Whether nothing is left of it.
    pub(super) fn is_over(&self) -> bool {
        self.files.is_empty() && self.opened.is_empty()
    }

    /// The offset from which a file would have to be read again: of its first opening without a
    /// closing, or else where reading goes on.
    pub(super) fn low(&self, number: u64, cursor: &Cursor) -> u64 {
        let here = |opened: &&Opened| opened.file == number && !opened.carried;
        let offsets = self.opened.values().filter(here).map(|opened| opened.offset);
        offsets.min().unwrap_or(cursor.read)
    }

    /// Reads on in every file, until the batch has no room.
    pub(super) fn read_on(
        &mut self,
        (directory, name): (&Path, &str),
        buffer: &mut Vec<u8>,
        batch: &mut Batch,
    ) -> io::Result<()> {
        buffer.resize(CHUNK_BYTES, 0);
        let live =
            |(number, cursor): (&u64, &Cursor)| (!cursor.state.is_final()).then_some(*number);
        let numbers: Vec<u64> = self.files.iter().filter_map(live).collect();
        if numbers.is_empty() {
            self.interrupt(batch);
        }
        for number in numbers {
            let named = Named { series: name.to_owned(), number };
            let file = File::open(directory.join(named.file_name()));
            let (end, stop) = match file {
                Ok(file) => {
                    let end = match self.files.range(number + 1..).next() {
                        Some(_) => End::Rotated,
                        None => end_of(directory, &named, &file)?,
                    };
                    (end, self.read_file(number, &file, buffer, batch)?)
                }
                Err(error) if error.kind() == ErrorKind::NotFound => {
                    tracing::error!(file = named.file_name(), "a journal file has vanished");
                    (End::Rotated, Stop::End { damaged: false })
                }
                Err(error) => return Err(error),
            };
            match (stop, end) {
                (Stop::Full, _) => return Ok(()),
                (Stop::End { .. }, End::Open) => {}
                (Stop::End { damaged }, End::Rotated) => {
                    self.carry_out((name, number), batch);
                    self.finish(number, damaged);
                }
                (Stop::End { damaged }, End::Orphaned) => {
                    self.interrupt(batch);
                    self.finish(number, damaged);
                }
            }
        }
        Ok(())
    }

    fn read_file(
        &mut self,
        number: u64,
        file: &File,
        buffer: &mut [u8],
        batch: &mut Batch,
    ) -> io::Result<Stop> {
        loop {
            let Some(Cursor { read, seen, .. }) = self.files.get(&number).cloned() else {
                return Ok(Stop::End { damaged: false });
            };
            let filled = fill(file, read, buffer)?;
            let mut rest = buffer.get(..filled).unwrap_or_default();
            let mut offset = read;
            let absent = loop {
                match frame::decode(rest) {
                    Ok(_) if !batch.has_room() => break None,
                    Ok(frame) => {
                        self.take((number, offset, offset < seen), frame, batch);
                        rest = rest.get(frame.bytes..).unwrap_or_default();
                        offset += u64::try_from(frame.bytes).unwrap_or(0);
                    }
                    Err(absent) => break Some(absent),
                }
            };
            if let Some(cursor) = self.files.get_mut(&number) {
                cursor.read = offset;
            }
            match absent {
                None => return Ok(Stop::Full),
                Some(Absent::Cut) if offset > read => {}
                Some(absent) => return Ok(Stop::End { damaged: absent == Absent::Damaged }),
            }
        }
    }

    fn take(
        &mut self,
        (file, offset, seen): (u64, u64, bool),
        frame: Frame<'_>,
        batch: &mut Batch,
    ) {
        if frame.kind == Kind::Opening {
            let opened = || Opened { file, offset, text: frame.text.into(), carried: false };
            self.opened.entry(frame.id).or_insert_with(opened);
            return;
        }
        let opened = self.opened.remove(&frame.id);
        if seen {
            return;
        }
        batch.resolved.extend(opened.iter().filter(|it| it.carried).map(|_| frame.id));
        match (frame.kind, opened) {
            (Kind::Closing, Some(opened)) => batch.join(frame.id, &opened.text, frame.text),
            (Kind::Whole, _) => batch.add(frame.id, frame.text),
            (Kind::Closing | Kind::Opening, _) => {
                tracing::warn!(id = %frame.id, "a record is closed that is not open");
            }
        }
    }

    /// Keeps the openings of a file that will be deleted.
    fn carry_out(&mut self, (name, number): (&str, u64), batch: &mut Batch) {
        for (id, opened) in &mut self.opened {
            if opened.file == number && !opened.carried {
                opened.carried = true;
                let text = opened.text.clone();
                batch.carried.push(Carried { id: *id, series: name.to_owned(), text });
            }
        }
    }

    /// Closes what will not be closed any more, oldest first.
    fn interrupt(&mut self, batch: &mut Batch) {
        let mut opened: Vec<(RecordId, Opened)> = self.opened.drain().collect();
        opened.sort_unstable_by_key(|(id, _)| *id);
        for (id, opened) in opened {
            batch.join(id, &opened.text, INTERRUPTED);
            batch.resolved.extend(opened.carried.then_some(id));
        }
    }

    fn finish(&mut self, number: u64, damaged: bool) {
        if let Some(cursor) = self.files.get_mut(&number) {
            cursor.state = if damaged { State::Damaged } else { State::Read };
        }
    }
}

/// Reads from an offset until the buffer is full or the file ends; how much was read.
fn fill(file: &File, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while let Some(rest) = buffer.get_mut(filled..).filter(|rest| !rest.is_empty()) {
        match file.read_at(rest, offset + u64::try_from(filled).unwrap_or(0)) {
            Ok(0) => break,
            Ok(bytes) => filled += bytes,
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}

/// Whether more can come to the last known file; to be asked before reading. A writer locks each
/// file before it appears, and holds the lock until the next one has appeared.
fn end_of(directory: &Path, named: &Named, file: &File) -> io::Result<End> {
    match file.try_lock() {
        Err(TryLockError::WouldBlock) => Ok(End::Open),
        Err(TryLockError::Error(error)) => Err(error),
        Ok(()) if has_later(directory, named)? => Ok(End::Rotated),
        Ok(()) => Ok(End::Orphaned),
    }
}

fn has_later(directory: &Path, named: &Named) -> io::Result<bool> {
    for entry in fs::read_dir(directory)? {
        let other = entry?.file_name().to_str().and_then(Named::parse);
        if other.is_some_and(|it| it.series == named.series && it.number > named.number) {
            return Ok(true);
        }
    }
    Ok(false)
}
