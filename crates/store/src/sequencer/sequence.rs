//! What a sequencer knows between turns, and the steps of a turn that work on files.

use std::path::Path;
use std::sync::Arc;

use bailiwick_ledger::checkpoint::{self, Checkpoint, Signer};
use bailiwick_ledger::grow::{Growth, Written};
use bailiwick_ledger::merkle::Frontier;
use bailiwick_ledger::tile::TiledNodes;

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
    /// The bundle that the next record is added to.
    bundle: Bundle,
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
        let bundle = Bundle::resume(size, &published)?;
        let checkpoint = published_size(&published, signer, size)?;
        let mut journals = Journals::resume(journals, &progress.files, &progress.carried);
        journals.sweep().map_err(Fault::unavailable)?;
        let signer = Arc::clone(signer);
        Ok(Self { signer, published, growth, bundle, journals, checkpoint })
    }

    /// How many records there are.
    pub(super) fn size(&self) -> u64 {
        self.growth.size()
    }

    /// The root over them.
    pub(super) fn root(&self) -> bailiwick_ledger::merkle::Hash {
        self.growth.root()
    }

    /// Reads on in the journals and writes the tiles that result; the first step of a turn.
    pub(super) fn gather(&mut self) -> Result<(Batch, Vec<Written>), Fault> {
        let mut batch = Batch::at(self.growth.size(), self.bundle.clone());
        self.journals.read_on(&mut batch).map_err(Fault::unavailable)?;
        batch.records().for_each(|record| self.growth.append(record));
        self.bundle = batch.bundles.last().cloned().unwrap_or_default();
        let files = self.growth.take_files();
        self.published.write(&files).map_err(Fault::unavailable)?;
        Ok((batch, files))
    }

    /// Whether a turn that gathered this batch has nothing more to do.
    pub(super) fn is_idle(&self, batch: &Batch) -> bool {
        !batch.matters() && !batch.is_full() && self.checkpoint == Some(self.size())
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
    pub(super) fn sweep(&mut self, files: &[Written]) -> Result<(), Fault> {
        self.published.remove_partial(files).map_err(Fault::unavailable)?;
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
