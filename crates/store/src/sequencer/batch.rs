//! What one turn adds to the ledger, and what its transaction says.

use bailiwick_domain::id::{KeyId, RecordId};
use bailiwick_domain::time::Timestamp;
use bailiwick_ledger::entry;
use bailiwick_ledger::summary::{NotARecord, Summary};

use super::cursor::FileState;
use crate::row::Value;

/// How many records one transaction takes, and how many bytes of them.
const MAX_RECORDS: usize = 4_096;
const MAX_BYTES: usize = 8 << 20;

/// Columns of a row of `records`.
pub(super) const COLUMNS: usize = 8;

/// Records in the order they get their places, and where each journal stands after them.
#[derive(Debug, Default)]
pub(super) struct Batch {
    pub(super) first: u64,
    texts: Vec<u8>,
    ends: Vec<usize>,
    /// The rows of `records`, one value after the other.
    pub(super) rows: Vec<Value>,
    pub(super) uses: Vec<(KeyId, Timestamp)>,
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
    /// Begins a batch whose first record gets this place.
    pub(super) fn at(first: u64) -> Self {
        Self { first, ..Self::default() }
    }

    /// Adds a record that was journaled whole.
    pub(super) fn add(&mut self, record: &[u8]) {
        self.texts.extend_from_slice(record);
        self.keep_if_record();
    }

    /// Adds the record that an opening and a closing make.
    pub(super) fn join(&mut self, opening: &[u8], closing: &[u8]) {
        match entry::join(opening, closing, &mut self.texts) {
            Ok(()) => self.keep_if_record(),
            Err(error) => {
                pass_over(&error);
            }
        }
    }

    /// Checksums hold for everything that comes here, so what is no record was not written by a
    /// journal.
    fn keep_if_record(&mut self) {
        let start = self.ends.last().copied().unwrap_or(0);
        let text = self.texts.get(start..).unwrap_or_default();
        let place = self.first + u64::try_from(self.ends.len()).unwrap_or(u64::MAX);
        let kept = match Indexed::read(text) {
            Ok(indexed) if text.len() <= entry::MAX_BYTES => {
                indexed.write(place, &mut self.rows);
                self.uses.extend(indexed.used);
                true
            }
            Ok(_) => pass_over(&entry::Malformed),
            Err(error) => pass_over(&error),
        };
        if kept {
            self.ends.push(self.texts.len());
        } else {
            self.texts.truncate(start);
        }
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

fn pass_over(error: &(dyn std::error::Error + 'static)) -> bool {
    tracing::error!(error, "a journal has something in it that is no record; it is passed over");
    false
}

fn log(summary: &Summary<'_>) {
    // Exact below 2^53, which no recorded duration exceeds.
    let half = |half: u64| f64::from(u32::try_from(half).unwrap_or(u32::MAX));
    let millis = |us: u64| (half(us >> 32) * 4_294_967_296.0 + half(us & 0xffff_ffff)) / 1_000.0;
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

/// What SQL knows of a record.
struct Indexed<'a> {
    summary: Summary<'a>,
    at: Timestamp,
    used: Option<(KeyId, Timestamp)>,
}

impl<'a> Indexed<'a> {
    fn read(record: &'a [u8]) -> Result<Self, NotARecord> {
        let summary = Summary::read(record)?;
        let at = summary.time.parse().unwrap_or_default();
        let key = summary.credential.as_ref().and_then(|key| key.parse().ok());
        Ok(Self { summary, at, used: key.map(|key| (key, at)) })
    }

    fn write(&self, place: u64, rows: &mut Vec<Value>) {
        let Summary { id, agent, decision, api, operation, .. } = &self.summary;
        rows.extend::<[Value; COLUMNS]>([
            i64::try_from(place).unwrap_or(i64::MAX).into(),
            (&**id).into(),
            agent.as_ref().map(|agent| &*agent.id).into(),
            self.at.into(),
            (&*decision.outcome).into(),
            decision.code.as_deref().into(),
            api.as_deref().into(),
            operation.as_deref().into(),
        ]);
    }
}
