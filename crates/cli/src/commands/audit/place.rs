//! Which ledger is meant: a directory, a server, or this installation's own.

use std::path::PathBuf;

use clap::Args;

use crate::failure::Failure;
use crate::invocation::Invocation;
use crate::ledger_files::LedgerFiles;

/// Where the ledger is; this installation's directory when left out.
#[derive(Debug, Args)]
pub(super) struct Place {
    /// A server that publishes the ledger, as in <http://127.0.0.1:8701>.
    #[arg(long, value_name = "URL", conflicts_with = "dir")]
    url: Option<String>,
    /// The directory with the ledger's files; no server is needed.
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
}

impl Place {
    pub(super) fn open(&self, invocation: &Invocation) -> Result<LedgerFiles, Failure> {
        match (&self.dir, &self.url) {
            (Some(directory), _) => LedgerFiles::in_directory(directory),
            (None, Some(url)) => LedgerFiles::at(url),
            (None, None) if invocation.has_configuration() => {
                LedgerFiles::in_directory(&invocation.ledger_directory()?)
            }
            (None, None) => LedgerFiles::at(&invocation.destination()?.url),
        }
    }
}
