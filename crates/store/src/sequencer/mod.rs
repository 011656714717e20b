//! From the journals to the ledger: the one task that gives each record its place.
//!
//! Ten times a second, more often but little at a time under load, and whenever it is asked to, the
//! sequencer reads on in every journal file of the directory, whichever process writes it, puts
//! openings and closings together, and appends the records to the tree. When few wait, or for a
//! second, or many, or someone asks, it ends the turn. Each goes in this order:
//!
//! 1. tiles and entry bundles are written and flushed to disk, full ones while records are read;
//! 2. one SQL transaction says how large the ledger is now, how far each journal was read, and
//!    what the entry bundles that have grown are found by;
//! 3. a checkpoint is signed and published;
//! 4. journal files that are wholly read are deleted.
//!
//! The transaction decides. Stopped before it, the records are still in the journals, and files
//! beyond the ledger's size are written anew; no checkpoint speaks of them. Stopped after it, the
//! next turn begins with the checkpoint and the deletions that are due. A ledger directory that
//! does not bear out what the database or a published checkpoint says is not appended to.
//!
//! After any fault the sequencer forgets what it knows and takes up where the database says, which
//! is also how it starts.

mod batch;
pub(crate) mod bundle;
mod cursor;
mod journals;
mod line;
mod progress;
mod published;
mod reading;
mod sequence;
#[cfg(test)]
mod tests;
mod turns;
mod uses;

pub use published::{KEY_PATH, Published};
pub use turns::{Config, Handle, Sequencer};
