//! What one turn adds to the ledger, and what its transaction says.

use bailiwick_domain::id::RecordId;
use bailiwick_ledger::entry;
use bailiwick_ledger::summary::Summary;
use bailiwick_ledger::tile::WIDTH;

use super::bundle::Bundle;
use super::cursor::FileState;
use super::line::Line;
use super::uses::Uses;

/// How many records one transaction takes, and how many bytes of them. A whole number of entry
/// bundles, so that a full batch leaves no partial one.
const MAX_RECORDS: usize = 32 * 256;
const MAX_BYTES: usize = 16 << 20;

/// Records in the order they get their places, and where each journal stands after them.
#[derive(Debug, Default)]
pub(super) struct Batch {
    pub(super) first: u64,
    texts: Vec<u8>,
    ends: Vec<usize>,
    /// One for each record, unless nobody reads them.
    lines: Vec<Line>,
    logs: bool,
    /// How many records it takes, and how many of them now.
    most: usize,
    room: usize,
    /// The bundles that grow; the last one may be empty.
    pub(super) bundles: Vec<Bundle>,
    pub(super) uses: Uses,
    /// Openings whose file has been read to its end.
    pub(super) carried: Vec<Carried>,
    /// Those of them that are now closed.
    pub(super) resolved: Vec<RecordId>,
    pub(super) files: Vec<FileState>,
    /// Files that are deleted.
    pub(super) forgotten: Vec<String>,
}

/// An opening that outlives its file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Carried {
    pub(super) id: RecordId,
    pub(super) series: String,
    pub(super) text: Box<[u8]>,
}

impl Batch {
    /// Begins a batch whose first record gets this place, in this bundle.
    pub(super) fn at(first: u64, bundle: Bundle) -> Self {
        let started = usize::try_from(first % u64::from(WIDTH)).unwrap_or(0);
        let most = MAX_RECORDS - started;
        let logs = tracing::enabled!(target: "request", tracing::Level::INFO);
        Self { first, bundles: vec![bundle], logs, most, room: most, ..Self::default() }
    }

    /// Makes room for so many records more, or for all that a batch takes if those are fewer.
    pub(super) fn make_room(&mut self, records: usize) {
        self.room = self.len().saturating_add(records).min(self.most);
    }

    /// Whether another record may be added now.
    pub(super) fn has_room(&self) -> bool {
        self.len() < self.room && self.texts.len() < MAX_BYTES
    }

    /// Adds a record that was journaled whole.
    pub(super) fn add(&mut self, id: RecordId, record: &[u8]) {
        self.texts.extend_from_slice(record);
        self.keep_if_record(id);
    }

    /// Adds the record that an opening and a closing make.
    pub(super) fn join(&mut self, id: RecordId, opening: &[u8], closing: &[u8]) {
        match entry::join(opening, closing, &mut self.texts) {
            Ok(()) => self.keep_if_record(id),
            Err(error) => pass_over(&error),
        }
    }

    /// Checksums hold for everything that comes here, so what is no record was not written by a
    /// journal.
    fn keep_if_record(&mut self, id: RecordId) {
        let start = self.ends.last().copied().unwrap_or(0);
        let text = self.texts.get(start..).unwrap_or_default();
        match Summary::read(text) {
            Ok(summary) if text.len() <= entry::MAX_BYTES => {
                index(&mut self.bundles, id, &summary);
                if let Some(key) = &summary.credential {
                    self.uses.note(key, &summary.time);
                }
                if self.logs {
                    self.lines.push(Line::of(&summary, &self.texts));
                }
                self.ends.push(self.texts.len());
                return;
            }
            Ok(_) => pass_over(&entry::Malformed),
            Err(error) => pass_over(&error),
        }
        self.texts.truncate(start);
    }

    /// Whether further records have to wait for the next batch.
    pub(super) fn is_full(&self) -> bool {
        self.len() >= self.most || self.texts.len() >= MAX_BYTES
    }

    /// How many records it has.
    pub(super) fn len(&self) -> usize {
        self.ends.len()
    }

    /// The records but for the first few.
    pub(super) fn records_after(&self, few: usize) -> impl Iterator<Item = &[u8]> {
        let before = few.checked_sub(1).and_then(|last| self.ends.get(last));
        let mut start = before.copied().unwrap_or(0);
        self.ends.iter().skip(few).filter_map(move |end| {
            let record = self.texts.get(start..*end);
            start = *end;
            record
        })
    }

    /// Whether a transaction has anything to say that would be missed.
    pub(super) fn matters(&self) -> bool {
        let finished = self.files.iter().any(|file| file.state.is_final());
        finished || !self.ends.is_empty() || !self.forgotten.is_empty()
    }

    /// Writes one log line for each record, all of them in a span of their own.
    pub(super) fn log(&self) {
        if self.lines.is_empty() {
            return;
        }
        let _span = tracing::info_span!(target: "request", "sequenced").entered();
        self.lines.iter().for_each(|line| line.log(&self.texts));
    }
}

fn index(bundles: &mut Vec<Bundle>, id: RecordId, summary: &Summary<'_>) {
    let Some(bundle) = bundles.last_mut() else { return };
    bundle.add(id, summary);
    if bundle.is_full() {
        let next = bundle.next();
        bundles.push(next);
    }
}

fn pass_over(error: &(dyn std::error::Error + 'static)) {
    tracing::error!(error, "a journal has something in it that is no record; it is passed over");
}
