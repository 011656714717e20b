//! The steps of a turn, taken one by one and broken off in between.

mod broken_off;
mod files;
mod log_line;
mod slices;

use std::collections::BTreeMap;
use std::fs;
use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::Arc;

use bailiwick_domain::decision::Outcome;
use bailiwick_domain::id::RecordId;
use bailiwick_domain::time::Timestamp;
use bailiwick_ledger::checkpoint::{Checkpoint, Signer};
use bailiwick_ledger::entry::{Closing, Decided, DelegationEntry, Labels, Opening};
use bailiwick_ledger::summary::Summary;
use bailiwick_ledger::verify::{Report, verify};
use tempfile::TempDir;

use super::progress::{self, Progress};
use super::published::Published;
use super::sequence::Sequence;
use crate::Store;
use crate::fault::Fault;
use crate::journal::{Durability, Journal};
use crate::records::{Order, Query, Records};

/// How many records are read at a time.
const SLICE: usize = 37;

/// An installation with nothing but a database, journals and a ledger.
struct World {
    folder: TempDir,
    store: Store,
    signer: Arc<Signer>,
    sequence: Option<Sequence>,
}

/// How far a turn gets before it is broken off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Reach {
    Nothing,
    Gathered,
    Saved,
    Published,
    Swept,
}

fn id(number: u128) -> RecordId {
    RecordId::from_bits(number)
}

fn opening() -> Opening<'static> {
    Opening {
        time: Timestamp::from_seconds(1_700_000_000),
        node: "gw",
        agent: None,
        credential: None,
        token: None,
        delegation: DelegationEntry::default(),
        strength: None,
        api: Some("acme"),
        operation: None,
        path_template: None,
        method: "GET",
        resource: "/tickets",
        query: None,
        gen_ai: None,
        scopes_used: None,
        address: IpAddr::from([127, 0, 0, 1]),
        user_agent: None,
        trace: None,
        via: None,
    }
}

fn closing(outcome: Outcome) -> Closing<'static> {
    Closing {
        outcome,
        code: None,
        decided: Decided::default(),
        status: None,
        request: None,
        response: None,
        labels: Labels::default(),
        duration_us: 9,
    }
}

impl World {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("journal")).unwrap();
        let store = Store::open("sqlite:store.db", folder.path()).await.unwrap();
        let signer = Arc::new(Signer::from_seed("acme.example/ledger", &[7; 32]).unwrap());
        Self { folder, store, signer, sequence: None }
    }

    fn journals(&self) -> PathBuf {
        self.folder.path().join("journal")
    }

    fn ledger(&self) -> PathBuf {
        self.folder.path().join("ledger")
    }

    fn journal(&self, name: &str, segment_bytes: u64) -> Journal {
        let durability = Durability::Process;
        Journal::create_in_segments(&self.journals(), name, durability, segment_bytes).unwrap()
    }

    fn journal_files(&self) -> Vec<String> {
        let entries = fs::read_dir(self.journals()).unwrap();
        let name = |entry: std::io::Result<fs::DirEntry>| entry.unwrap().file_name().into_string();
        let mut names: Vec<String> = entries.map(|entry| name(entry).unwrap()).collect();
        names.sort();
        names
    }

    /// Forgets everything but what is on disk, as a killed process does.
    fn kill(&mut self) {
        self.sequence = None;
    }

    async fn resume(&self) -> Result<Sequence, Fault> {
        let progress = Progress::load(&self.store).await?;
        Sequence::resume(&self.signer, (&self.ledger(), &self.journals()), &progress)
    }

    /// Takes a turn as far as that, and is killed there; a whole turn goes on with the next.
    async fn turn(&mut self, reach: Reach) -> Result<(), Fault> {
        let mut sequence = match self.sequence.take() {
            Some(sequence) => sequence,
            None => self.resume().await?,
        };
        if reach == Reach::Nothing {
            return Ok(());
        }
        while sequence.gather(SLICE)? {}
        let (mut batch, full) = sequence.seal()?;
        if reach == Reach::Gathered {
            return Ok(());
        }
        if batch.matters() {
            progress::save(&self.store, &mut batch, &sequence.root()).await?;
        }
        if reach == Reach::Saved {
            return Ok(());
        }
        sequence.publish()?;
        if reach == Reach::Published {
            return Ok(());
        }
        sequence.sweep(&full)?;
        self.sequence = Some(sequence);
        Ok(())
    }

    async fn whole_turn(&mut self) {
        self.turn(Reach::Swept).await.unwrap();
    }

    fn checkpoint(&self) -> Option<Checkpoint> {
        let note = Published::at(&self.ledger()).file("checkpoint").unwrap()?;
        Some(Checkpoint::open(std::str::from_utf8(&note).unwrap(), self.signer.verifier()).unwrap())
    }

    fn verified(&self, from: Option<&Checkpoint>) -> Report {
        verify(&Published::at(&self.ledger()), self.signer.verifier(), from).unwrap()
    }

    /// How often each record is found, and how it ended.
    async fn outcomes(&self) -> BTreeMap<u128, Vec<String>> {
        let records = Records::new(self.store.clone(), &self.ledger());
        let mut outcomes: BTreeMap<u128, Vec<String>> = BTreeMap::new();
        let order = Order::OldestFirst;
        let mut query = Query { order, limit: 1_000, ..Query::default() };
        loop {
            let found = records.search(&query).await.unwrap();
            let Some(last) = found.last() else { return outcomes };
            query.after = Some(last.index);
            for record in &found {
                let summary = Summary::read(record.text.as_bytes()).unwrap();
                let id: RecordId = summary.id.parse().unwrap();
                outcomes.entry(id.bits()).or_default().push(summary.decision.outcome.into_owned());
            }
        }
    }

    async fn check(&self, expected: &[(u128, &str)]) {
        let expected: BTreeMap<u128, Vec<String>> =
            expected.iter().map(|(id, outcome)| (*id, vec![(*outcome).to_owned()])).collect();
        assert_eq!(self.outcomes().await, expected);
        assert_eq!(self.verified(None).size, u64::try_from(expected.len()).unwrap());
    }
}
