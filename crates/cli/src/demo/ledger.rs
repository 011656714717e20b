//! The ledger of the performance: verified from its files, and verified again after a forgery.

use std::path::{Path, PathBuf};

use bailiwick_ledger::tile::{Kind, Tile};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;

use super::page::Page;
use super::stage::Stage;
use super::tally::Tally;
use crate::failure::Failure;
use crate::ledger_files::{LedgerFiles, apart};

/// What an auditor finds.
struct Found {
    records: u64,
    root: String,
    key: String,
    /// What is said of a copy in which one verdict was changed.
    forgery: Result<(), Failure>,
}

/// Verifies the ledger of everything that was played.
pub(super) async fn audit(stage: &Stage, tally: &Tally, page: &Page) -> Result<(), Failure> {
    stage.settle().await?;
    page.section("The ledger", "verified from its files alone; no server is asked");
    let (ledger, copy) = (stage.ledger(), stage.directory().join("forged"));
    let found = apart(move || inspect(&ledger, &copy)).await;
    let found = found.inspect_err(|failure| {
        page.value(&failure.to_json(), || page.check(false, &failure.message));
    })?;
    let complete = usize::try_from(found.records) == Ok(tally.requests());
    let caught = found.forgery.is_err();
    say(&found, (complete, tally.requests()), page);
    match (complete, caught) {
        (true, true) => Ok(()),
        (false, _) => Err(Failure::refused("the ledger does not have one record for each request")),
        (true, false) => Err(Failure::refused("a forged ledger was taken for a whole one")),
    }
}

fn inspect(ledger: &Path, copy: &Path) -> Result<Found, Failure> {
    let files = LedgerFiles::in_directory(ledger)?;
    let key = files.published_key()?;
    let report = files.verify(&key, None)?;
    let forged = forge(ledger, copy, report.size)?;
    let root = STANDARD.encode(report.root);
    let forgery = forged.verify(&key, None).map(drop);
    Ok(Found { records: report.size, root, key: key.to_string(), forgery })
}

/// Copies the ledger, and lets the first refusal read as if the upstream had failed.
fn forge(ledger: &Path, copy: &Path, size: u64) -> Result<LedgerFiles, Failure> {
    let unforged = |error: std::io::Error| Failure::refused(format!("no copy to forge: {error}"));
    copy_directory(ledger, copy).map_err(unforged)?;
    let tile = Tile::of(Kind::Entries, 0, size).ok_or_else(|| Failure::refused("no records"))?;
    let bundle = copy.join(tile.to_string());
    let mut bytes = std::fs::read(&bundle).map_err(unforged)?;
    let (truth, lie) = (b"\"outcome\":\"denied\"", b"\"outcome\":\"failed\"");
    let place = bytes.windows(truth.len()).position(|window| window == truth);
    let place = place.ok_or_else(|| Failure::refused("no refusal in the ledger"))?;
    if let Some(window) = bytes.get_mut(place..place + lie.len()) {
        window.copy_from_slice(lie);
    }
    std::fs::write(&bundle, bytes).map_err(unforged)?;
    LedgerFiles::in_directory(copy)
}

fn copy_directory(from: &Path, to: &Path) -> std::io::Result<()> {
    std::fs::create_dir_all(to)?;
    for entry in std::fs::read_dir(from)? {
        let entry = entry?;
        let target: PathBuf = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy_directory(&entry.path(), &target)?;
        } else {
            std::fs::copy(entry.path(), &target)?;
        }
    }
    Ok(())
}

fn say(found: &Found, (complete, requests): (bool, usize), page: &Page) {
    let caught = found.forgery.as_ref().err();
    let value = json!({
        "event": "ledger", "verified": true, "records": found.records, "requests": requests,
        "root": found.root, "key": found.key, "forgery_caught": caught.is_some(),
        "forgery": caught.map(|failure| failure.message.clone()),
    });
    page.value(&value, || {
        let records = format!("{} records, one for each request; all verified", found.records);
        let records = if complete {
            records
        } else {
            format!("{} records for {requests} requests", found.records)
        };
        let forgery = match caught {
            Some(failure) => format!(
                "in a copy, one `denied` was changed to `failed`: {}",
                failure.message.trim_start_matches("the ledger is NOT whole: ")
            ),
            None => "in a copy, one `denied` was changed to `failed`, UNNOTICED".to_owned(),
        };
        format!(
            "{}\n    root  {}\n    key   {}\n{}",
            page.check(complete, &records),
            found.root,
            found.key,
            page.check(caught.is_some(), &forgery)
        )
    });
}
