//! What a sequencer knows between turns, and the steps of a turn that work on files.

use std::path::Path;
use std::sync::Arc;

use bailiwick_ledger::checkpoint::{self, Checkpoint, Signer};
use bailiwick_ledger::grow::Growth;
use bailiwick_ledger::merkle::Frontier;
use bailiwick_ledger::tile::{Tile, TiledNodes};

use super::batch::Batch;
use super::bundle::Bundle;
use super::journals::Journals;
use super::progress::{Progress, root_text};
use super::published::Published;
use crate::fault::Fault;

/// The growing ledger and the journals it grows from.
#[derive(Debug)]
pub(super) struct Sequence {
    signer: Arc<Signer>,
    published: Published,
    growth: Growth,
    /// What has been read since the last transaction, and the tiles that became full with it.
    batch: Batch,
    full: Vec<Tile>,
    journals: Journals,
    /// How many records the published checkpoint speaks of.
    checkpoint: Option<u64>,
}

impl Sequence {
    /// Takes up the ledger where the database says it is, if the files bear that out.
    pub(super) fn resume(
        signer: &Arc<Signer>,
        (ledger, journals): (&Path, &Path),
        progress: &Progress,
    ) -> Result<Self, Fault> {
        let published = Published::at(ledger);
        let size = progress.size;
        let growth = Growth::resume(size, &published).map_err(Fault::unavailable)?;
        if root_text(&growth.root()) != progress.root {
            return Err(Fault::corrupt("the ledger's files are not those the database speaks of"));
        }
        let batch = Batch::at(size, Bundle::resume(size, &published)?);
        let checkpoint = published_size(&published, signer, size)?;
        let mut journals = Journals::resume(journals, &progress.files, &progress.carried);
        journals.sweep().map_err(Fault::unavailable)?;
        let signer = Arc::clone(signer);
        Ok(Self { signer, published, growth, batch, full: Vec::new(), journals, checkpoint })
    }

    /// How many records there are.
    pub(super) fn size(&self) -> u64 {
        self.growth.size()
    }

    /// The root over them.
    pub(super) fn root(&self) -> bailiwick_ledger::merkle::Hash {
        self.growth.root()
    }

    /// Reads on in the journals, for at most so many records, and writes the tiles that become
    /// full; whether there may be more to read.
    pub(super) fn gather(&mut self, most: usize) -> Result<bool, Fault> {
        let Self { batch, growth, .. } = self;
        let known = batch.len();
        batch.make_room(most);
        self.journals.read_on(batch).map_err(Fault::unavailable)?;
        batch.records_after(known).for_each(|record| growth.append(record));
        let files = growth.take_full();
        self.published.write(&files).map_err(Fault::unavailable)?;
        self.full.extend(files.iter().map(|file| file.tile));
        Ok(!self.batch.has_room())
    }

    /// How many records have been read since the last transaction.
    pub(super) fn waiting(&self) -> usize {
        self.batch.len()
    }

    /// Whether the batch takes no more records.
    pub(super) fn is_full(&self) -> bool {
        self.batch.is_full()
    }

    /// Ends the batch: writes the tiles that are not full, and says how far the journals were read.
    pub(super) fn seal(&mut self) -> Result<(Batch, Vec<Tile>), Fault> {
        self.journals.note(&mut self.batch);
        let files = self.growth.take_files();
        self.published.write(&files).map_err(Fault::unavailable)?;
        let bundle = self.batch.bundles.last().cloned().unwrap_or_default();
        let next = Batch::at(self.growth.size(), bundle);
        Ok((std::mem::replace(&mut self.batch, next), std::mem::take(&mut self.full)))
    }

    /// Whether a turn that gathered this batch has nothing more to do.
    pub(super) fn is_idle(&self, batch: &Batch) -> bool {
        !batch.matters() && self.checkpoint == Some(self.size())
    }

    /// Publishes a checkpoint, if there is none of this size: after the transaction.
    pub(super) fn publish(&mut self) -> Result<(), Fault> {
        let size = self.size();
        if self.checkpoint == Some(size) {
            return Ok(());
        }
        let note = self.signer.sign(size, self.root());
        let written = self.published.write_named(checkpoint::PATH, note.as_bytes());
        written.map_err(Fault::unavailable)?;
        self.checkpoint = Some(size);
        Ok(())
    }

    /// Deletes what is no longer needed; the last step of a turn.
    pub(super) fn sweep(&mut self, full: &[Tile]) -> Result<(), Fault> {
        self.published.remove_partial(full).map_err(Fault::unavailable)?;
        self.journals.sweep().map_err(Fault::unavailable)
    }
}

/// How many records the published checkpoint speaks of. Signing on would contradict it if it speaks
/// of more than there are, or of other ones.
fn published_size(published: &Published, signer: &Signer, size: u64) -> Result<Option<u64>, Fault> {
    let note = published.file(checkpoint::PATH).map_err(Fault::unavailable)?;
    let Some(note) = note else { return Ok(None) };
    let note = String::from_utf8(note).map_err(Fault::corrupt)?;
    let checkpoint = Checkpoint::open(&note, signer.verifier()).map_err(Fault::corrupt)?;
    if checkpoint.size > size {
        let (known, size) = (size, checkpoint.size);
        let what = format!("the published checkpoint has {size} records, the database {known}");
        return Err(Fault::Corrupt(what));
    }
    let mut nodes = TiledNodes::new(published, checkpoint.size);
    let tree = Frontier::read(checkpoint.size, &mut nodes).map_err(Fault::unavailable)?;
    if tree.root() == checkpoint.root {
        Ok(Some(checkpoint.size))
    } else {
        Err(Fault::corrupt("the ledger's files contradict the published checkpoint"))
    }
}
