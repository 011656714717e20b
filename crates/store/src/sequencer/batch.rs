//! What one turn adds to the ledger, and what its transaction says.

use bailiwick_domain::id::RecordId;
use bailiwick_ledger::entry;
use bailiwick_ledger::summary::Summary;

use super::bundle::Bundle;
use super::cursor::FileState;
use super::uses::Uses;

/// How many records one transaction takes, and how many bytes of them.
const MAX_RECORDS: usize = 16_384;
const MAX_BYTES: usize = 16 << 20;

/// Records in the order they get their places, and where each journal stands after them.
#[derive(Debug, Default)]
pub(super) struct Batch {
    pub(super) first: u64,
    texts: Vec<u8>,
    ends: Vec<usize>,
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
        Self { first, bundles: vec![bundle], ..Self::default() }
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
        self.ends.len() >= MAX_RECORDS || self.texts.len() >= MAX_BYTES
    }

    /// How many records it has.
    pub(super) fn len(&self) -> usize {
        self.ends.len()
    }

    /// The records.
    pub(super) fn records(&self) -> impl Iterator<Item = &[u8]> {
        let mut start = 0;
        self.ends.iter().filter_map(move |end| {
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

    /// Writes one log line for each record.
    pub(super) fn log(&self) {
        if !tracing::enabled!(target: "request", tracing::Level::INFO) {
            return;
        }
        for summary in self.records().filter_map(|record| Summary::read(record).ok()) {
            log(&summary);
        }
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

fn log(summary: &Summary<'_>) {
    tracing::info!(
        target: "request",
        request_id = &*summary.id,
        agent = summary.agent.as_ref().map(|agent| &*agent.name),
        operation = summary.operation.as_deref(),
        outcome = &*summary.decision.outcome,
        code = summary.decision.code.as_deref(),
        status = summary.response.and_then(|response| response.status),
        duration_ms = summary.duration_us.map(millis),
    );
}

/// Milliseconds to the microsecond. One division of two whole numbers that are exact gives the
/// number that is nearest, which is the one that prints with no more digits than it needs.
fn millis(us: u64) -> f64 {
    let half = |half: u64| f64::from(u32::try_from(half).unwrap_or(u32::MAX));
    half(us >> 32).mul_add(4_294_967_296.0, half(us & 0xffff_ffff)) / 1_000.0
}
