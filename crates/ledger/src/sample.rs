//! Small ledgers in memory, for tests.

use std::collections::BTreeMap;

use crate::checkpoint::{PATH, Signer, VerifierKey};
use crate::grow::Growth;
use crate::tile::{Tiles, Unreadable};

#[derive(Debug, Clone, Default)]
pub(crate) struct Sample {
    pub(crate) files: BTreeMap<String, Vec<u8>>,
    pub(crate) growth: Growth,
}

pub(crate) const ORIGIN: &str = "acme.example/ledger";

pub(crate) fn signer() -> Signer {
    Signer::from_seed(ORIGIN, &[7; 32]).unwrap()
}

pub(crate) fn key() -> VerifierKey {
    signer().verifier().clone()
}

pub(crate) fn record(index: u64) -> Vec<u8> {
    format!("{{\"id\":\"rec_{index}\"}}").into_bytes()
}

impl Tiles for Sample {
    fn read(&self, path: &str) -> Result<Option<Vec<u8>>, Unreadable> {
        Ok(self.files.get(path).cloned())
    }
}

impl Sample {
    /// A ledger of this many records, written in one go.
    pub(crate) fn of(size: u64) -> Self {
        let mut sample = Self::default();
        sample.grow(size);
        sample
    }

    /// Appends records until there are this many, and publishes a checkpoint.
    pub(crate) fn grow(&mut self, size: u64) {
        for index in self.growth.size()..size {
            self.growth.append(&record(index));
        }
        for file in self.growth.take_files() {
            self.files.insert(file.tile.to_string(), file.bytes);
        }
        self.publish();
    }

    pub(crate) fn publish(&mut self) {
        let note = signer().sign(self.growth.size(), self.growth.root());
        self.files.insert(PATH.into(), note.into_bytes());
    }

    pub(crate) fn flip(&mut self, path: &str, byte: usize) {
        self.files.get_mut(path).unwrap()[byte] ^= 1;
    }
}
