//! Where things are in the data directory.

use std::path::{Path, PathBuf};

/// The data directory.
#[derive(Debug, Clone)]
pub struct Places(PathBuf);

impl Places {
    /// The places in this data directory.
    pub fn in_directory(data_dir: &Path) -> Self {
        Self(data_dir.to_owned())
    }

    /// What other secrets are sealed with.
    pub fn seal_key(&self) -> PathBuf {
        self.keys().join("seal.key")
    }

    /// Secrets, for the owner of the process alone.
    pub fn keys(&self) -> PathBuf {
        self.0.join("keys")
    }

    /// Records on their way to the ledger.
    pub fn journal(&self) -> PathBuf {
        self.0.join("journal")
    }

    /// The ledger's published files.
    pub fn ledger(&self) -> PathBuf {
        self.0.join("ledger")
    }
}
