//! Where a record is written before its request goes on: one append-only file per core.
//!
//! A record takes one `write(2)` before the request is forwarded and one when it is over; nothing
//! is allocated, nothing is shared between cores. What is written survives a killed process
//! ([`Durability::Process`]) or a power loss ([`Durability::Disk`]). The [sequencer] reads the
//! files from the other end, in this process or another one on the same host.
//!
//! [sequencer]: crate::sequencer

mod flush;
pub(crate) mod frame;
mod segment;
#[cfg(test)]
mod tests;

use std::cell::RefCell;
use std::io;
use std::path::{Path, PathBuf};

use bailiwick_domain::id::RecordId;
use bailiwick_ledger::entry::{Closing, Opening};

use flush::Flush;
use frame::Kind;
pub use segment::Durability;
pub(crate) use segment::Named;
use segment::Segment;

/// How many bytes a file takes before the next is begun.
pub const SEGMENT_BYTES: u64 = 64 << 20;

/// Why a record was not written. The request it is about must not go on.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// The name would not make a file name.
    #[error("`{0}` cannot name a journal: use letters, digits, `.`, `_` and `-`")]
    Name(String),
    /// The operating system did not take it.
    #[error("the journal cannot be written, so nothing is admitted")]
    Unwritable(#[from] io::Error),
    /// It is longer than any record may be.
    #[error("the record is too long to be written, so its request is not admitted")]
    TooLong,
}

/// The journal of one core. It stays on the thread that made it.
#[derive(Debug)]
pub struct Journal {
    writer: RefCell<Writer>,
}

#[derive(Debug)]
struct Writer {
    place: Place,
    segment: Segment,
    frame: Vec<u8>,
}

#[derive(Debug)]
struct Place {
    directory: PathBuf,
    name: String,
    number: u64,
    durability: Durability,
    segment_bytes: u64,
}

impl Journal {
    /// Begins a journal: files `<name>-<number>.log` in a directory that exists. The name must
    /// never have been used in it before: take the node, something fresh for each start, and the
    /// core.
    pub fn create(directory: &Path, name: &str, durability: Durability) -> Result<Self, Fault> {
        Self::create_in_segments(directory, name, durability, SEGMENT_BYTES)
    }

    pub(crate) fn create_in_segments(
        directory: &Path,
        name: &str,
        durability: Durability,
        segment_bytes: u64,
    ) -> Result<Self, Fault> {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-');
        if name.is_empty() || name.len() > 200 || name.starts_with('.') || !name.bytes().all(plain)
        {
            return Err(Fault::Name(name.chars().take(80).collect()));
        }
        let (directory, name) = (directory.to_owned(), name.to_owned());
        let mut place = Place { directory, name, number: 0, durability, segment_bytes };
        let segment = place.next_segment()?;
        Ok(Self {
            writer: RefCell::new(Writer { place, segment, frame: Vec::with_capacity(4_096) }),
        })
    }

    /// Writes what is known before the request goes on; returns once that is as durable as it was
    /// asked to be. After an error the request must be refused.
    pub async fn open(&self, id: RecordId, opening: &Opening<'_>) -> Result<(), Fault> {
        let flush = self.append(Kind::Opening, id, |out| opening.write(id, out))?;
        match flush {
            Some(flush) => Ok(flush.done().await?),
            None => Ok(()),
        }
    }

    /// Writes how an opened request ended.
    pub fn close(&self, id: RecordId, closing: &Closing<'_>) -> Result<(), Fault> {
        self.append(Kind::Closing, id, |out| closing.write(out)).map(drop)
    }

    /// Writes the record of a request that was refused before it was opened.
    pub fn whole(
        &self,
        id: RecordId,
        opening: &Opening<'_>,
        closing: &Closing<'_>,
    ) -> Result<(), Fault> {
        self.append(Kind::Whole, id, |out| opening.write_whole(id, closing, out)).map(drop)
    }

    fn append(
        &self,
        kind: Kind,
        id: RecordId,
        write: impl FnOnce(&mut Vec<u8>),
    ) -> Result<Option<Flush>, Fault> {
        let Writer { place, segment, frame } = &mut *self.writer.borrow_mut();
        frame::encode(kind, id, write, frame).ok_or(Fault::TooLong)?;
        if !segment.takes(frame.len(), place.segment_bytes) {
            *segment = place.next_segment()?;
        }
        Ok(segment.append(frame)?)
    }
}

impl Place {
    /// The next file. The one before stays locked until this one is there, so that whoever reads
    /// along never takes a living writer for a dead one.
    fn next_segment(&mut self) -> Result<Segment, Fault> {
        self.number += 1;
        let file = Named { series: self.name.clone(), number: self.number };
        Ok(Segment::create(&self.directory, &file, self.durability)?)
    }
}
