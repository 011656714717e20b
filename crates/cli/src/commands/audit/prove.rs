//! `bailiwick audit prove`: one record, with all that is needed to check it anywhere.

use bailiwick_domain::id::RecordId;
use bailiwick_ledger::checkpoint::Checkpoint;
use bailiwick_ledger::proof;
use bailiwick_ledger::tile::{self, Kind, Tile, WIDTH};
use clap::Args;
use serde::Deserialize;
use serde_json::json;

use super::place::Place;
use crate::failure::Failure;
use crate::invocation::Invocation;
use crate::ledger_files::{LedgerFiles, apart};

/// Print a self-contained proof that a record is in the ledger (C2SP tlog-proof).
///
/// Works on the ledger's files, with the server on or off.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  bailiwick audit prove rec_01… > receipt.proof\n  \
    bailiwick audit verify --proof receipt.proof --key key.pub")]
pub(crate) struct Arguments {
    /// The record: rec_…, or its index.
    record: String,
    #[command(flatten)]
    place: Place,
}

pub(super) async fn run(arguments: &Arguments, invocation: &Invocation) -> Result<(), Failure> {
    let files = arguments.place.open(invocation)?;
    let wanted = Wanted::read(&arguments.record)?;
    let (index, text) = apart(move || {
        let index = wanted.index(&files)?;
        let text = proof::prove(index, &files).map_err(Failure::refused)?;
        Ok((index, text))
    })
    .await?;
    let value = json!({ "index": index, "proof": text });
    invocation.output.say(&value, || text.trim_end().to_owned());
    Ok(())
}

enum Wanted {
    Index(u64),
    Record(RecordId),
}

/// The one member by which a record is found.
#[derive(Deserialize)]
struct Identified<'a> {
    id: &'a str,
}

impl Wanted {
    fn read(text: &str) -> Result<Self, Failure> {
        if let Ok(index) = text.parse() {
            return Ok(Self::Index(index));
        }
        text.parse().map(Self::Record).map_err(|_| {
            Failure::usage(format!("`{text}` is neither a record's id nor an index"))
                .hint("ids are rec_ and 26 digits; the upstream gets them as X-Request-ID")
        })
    }

    fn index(&self, files: &LedgerFiles) -> Result<u64, Failure> {
        let id = match self {
            Self::Index(index) => return Ok(*index),
            Self::Record(id) => id.to_string(),
        };
        let size = Checkpoint::claimed(&files.note()?).map_err(Failure::refused)?.size;
        let width = u64::from(WIDTH);
        // The newest first: those are asked for most.
        for bundle in (0..size.div_ceil(width)).rev() {
            let Some(tile) = Tile::of(Kind::Entries, bundle, size) else { continue };
            let records = tile.read(files).map_err(Failure::refused)?;
            let place = tile::entries(&records).position(|record| {
                serde_json::from_slice::<Identified<'_>>(record).is_ok_and(|it| it.id == id)
            });
            if let Some(place) = place.and_then(|place| u64::try_from(place).ok()) {
                return Ok(bundle * width + place);
            }
        }
        Err(Failure::refused(format!("{id} is not among the {size} records of the ledger"))
            .hint("a request is in the ledger within a second of its end"))
    }
}
